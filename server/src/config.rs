//! Every setting: its default, its unit, and where it may be said. A flag wins over the
//! environment (`JOB_ORCHESTRATOR_` and the key in capitals), that over `job-orchestrator.toml` in
//! the data folder, that over the default.

mod limits;
mod misspelt;
mod source;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime::Settings;

use crate::events::StreamSettings;
use crate::hosts::PublicAddress;
use crate::store::SessionLimits;

pub use limits::LimitFlags;
pub use misspelt::Misspelt;
pub use source::{ConfigError, Sources};

/// The file with settings in the data folder.
pub const FILE: &str = "job-orchestrator.toml";
/// The data folder when nothing is said.
pub const DATA_DEFAULT: &str = "data";

/// What may be said in the environment alone.
const IN_ENVIRONMENT: [&str; 2] = ["DATA", "LOG"];

/// Variables of this process that begin like ours and mean nothing.
///
/// # Errors
/// Never in practice: the defaults can be read.
pub fn misspelt() -> Result<Vec<Misspelt>, ConfigError> {
    let nothing = Sources::new(std::iter::empty(), Path::new(FILE), "")?;
    Config::from_sources(Path::new(DATA_DEFAULT), Flags::default(), &nothing)?;
    let mut known: Vec<_> = IN_ENVIRONMENT.map(str::to_owned).into();
    known.extend(nothing.asked().iter().map(|key| key.to_uppercase()));
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    Ok(misspelt::misspelt(names, &known))
}

/// The settings of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// The address to listen on (`listen`, default 127.0.0.1:3000).
    pub listen: String,
    /// How people reach it through a proxy (`public_address`).
    pub public: Option<PublicAddress>,
    /// Whether steps may start programs, whatever the owner said (`allow_commands`).
    pub allow_commands: bool,
    /// Whether HTTP steps may reach private addresses (`allow_private_addresses`).
    pub allow_private_addresses: bool,
    /// How long a sign-in lasts (`session_idle_minutes`, default 30; `session_hours`, default 12).
    pub sessions: SessionLimits,
    /// How streams are kept (`stream_heartbeat_seconds`, default 15; `stream_renewal_seconds`,
    /// default 1800) and how many there may be (`streams_per_caller`, default 32;
    /// `streams_per_browser`, default 4; `streams_per_server`, default 20000).
    pub streams: StreamSettings,
    /// What the engine may use and how long its stop may take (`memory_limit_mib`, default none;
    /// `commands_at_once`, default 4 for each processor, at least 8; `other_steps_at_once`, default 1024;
    /// `drain_seconds`, default 30; `stop_seconds`, default 12; `disk_low_mib`, default 512 or a
    /// twentieth of the disk; `ballast_mib`, default 16).
    pub limits: Settings,
}

/// What flags may say; the rest comes from the environment and the file.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--listen`
    pub listen: Option<String>,
    /// `--public-address`
    pub public_address: Option<String>,
    /// `--allow-commands`
    pub allow_commands: bool,
    /// `--allow-private-addresses`
    pub allow_private_addresses: bool,
    /// Those of the engine's limits.
    pub limits: LimitFlags,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Names the key that is wrong and where it was said.
    pub fn read(data: &Path, flags: Flags) -> Result<Self, ConfigError> {
        let sources = Sources::of_process(&data.join(FILE))?;
        Self::from_sources(data, flags, &sources)
    }

    fn from_sources(data: &Path, flags: Flags, sources: &Sources) -> Result<Self, ConfigError> {
        let on = |ticked: bool| ticked.then(|| "true".to_owned());
        let listen = sources.value("listen", flags.listen, "127.0.0.1:3000", listen_address)?;
        let public = sources.optional("public_address", flags.public_address, |text| {
            text.parse().map_err(str::to_owned)
        })?;
        let minutes = sources.value("session_idle_minutes", None, "30", count)?;
        let hours = sources.value("session_hours", None, "12", count)?;
        let config = Self {
            data: data.to_owned(),
            listen,
            public,
            allow_commands: sources.value(
                "allow_commands",
                on(flags.allow_commands),
                "false",
                truth,
            )?,
            allow_private_addresses: sources.value(
                "allow_private_addresses",
                on(flags.allow_private_addresses),
                "false",
                truth,
            )?,
            sessions: SessionLimits {
                idle: Duration::from_secs(minutes * 60),
                absolute: Duration::from_secs(hours * 3600),
            },
            streams: streams(sources)?,
            limits: limits::read(sources, flags.limits)?,
        };
        sources.refuse_unknown()?;
        Ok(config)
    }
}

fn streams(sources: &Sources) -> Result<StreamSettings, ConfigError> {
    let number = |key, default| {
        let number = sources.value(key, None, default, count)?;
        // At most 100000, so that it fits everywhere.
        Ok(usize::try_from(number).unwrap_or(usize::MAX))
    };
    let seconds = |key, default| {
        let seconds = sources.value(key, None, default, count)?;
        Ok(Duration::from_secs(seconds))
    };
    Ok(StreamSettings {
        heartbeat: seconds("stream_heartbeat_seconds", "15")?,
        renewal: seconds("stream_renewal_seconds", "1800")?,
        per_caller: number("streams_per_caller", "32")?,
        per_browser: number("streams_per_browser", "4")?,
        per_server: number("streams_per_server", "20000")?,
    })
}

/// `HOST:PORT`; a name is looked up when it is listened on.
fn listen_address(text: &str) -> Result<String, String> {
    let port = text
        .rsplit_once(':')
        .map(|(host, port)| (host, port.parse::<u16>()));
    let fits = text.parse::<SocketAddr>().is_ok()
        || matches!(port, Some((host, Ok(_))) if !host.is_empty() && !host.contains(':'));
    if fits {
        Ok(text.to_owned())
    } else {
        Err("must be HOST:PORT, such as 127.0.0.1:3000".to_owned())
    }
}

fn truth(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" | "on" | "yes" => Ok(true),
        "false" | "0" | "off" | "no" | "" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

fn count(text: &str) -> Result<u64, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=100_000).contains(number));
    number.ok_or_else(|| "must be a whole number from 1 to 100000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flags: Flags, env: &[(&str, &str)], file: &str) -> Result<Config, String> {
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let sources = Sources::new(env, Path::new("x.toml"), file).map_err(|e| e.to_string())?;
        Config::from_sources(Path::new("d"), flags, &sources).map_err(|e| e.to_string())
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_file() {
        let file = "listen = \"127.0.0.1:1\"\nsession_hours = 3\nallow_commands = true";
        let env = [("JOB_ORCHESTRATOR_LISTEN", "127.0.0.1:2")];
        let flags = Flags {
            listen: Some("127.0.0.1:3".into()),
            ..Flags::default()
        };
        assert_eq!(read(flags, &env, file).unwrap().listen, "127.0.0.1:3");
        let config = read(Flags::default(), &env, file).unwrap();
        assert_eq!(config.listen, "127.0.0.1:2");
        assert_eq!(config.sessions.absolute, Duration::from_secs(3 * 3600));
        assert!(config.allow_commands);
        assert!(!config.allow_private_addresses);
        assert_eq!(
            read(Flags::default(), &[], file).unwrap().listen,
            "127.0.0.1:1"
        );
        assert_eq!(
            read(Flags::default(), &[], "").unwrap().listen,
            "127.0.0.1:3000"
        );
    }

    #[test]
    fn streams_are_kept_as_designed_unless_something_else_is_said() {
        let config = read(Flags::default(), &[], "").unwrap();
        assert_eq!(
            config.streams,
            StreamSettings {
                heartbeat: Duration::from_secs(15),
                renewal: Duration::from_secs(30 * 60),
                per_caller: 32,
                per_browser: 4,
                per_server: 20_000,
            }
        );
        let file = "stream_heartbeat_seconds = 1\nstream_renewal_seconds = 2\n\
                    streams_per_caller = 3\nstreams_per_browser = 4\nstreams_per_server = 5";
        let said = read(Flags::default(), &[], file).unwrap().streams;
        assert_eq!(
            (said.heartbeat, said.renewal),
            (Duration::from_secs(1), Duration::from_secs(2))
        );
        assert_eq!(
            (said.per_caller, said.per_browser, said.per_server),
            (3, 4, 5)
        );
        let nothing = read(Flags::default(), &[], "streams_per_server = 0");
        assert!(nothing.unwrap_err().contains("streams_per_server"));
    }

    #[test]
    fn what_is_wrong_is_named_with_the_place_where_it_was_said() {
        let cases = [
            (
                read(Flags::default(), &[], "listen = \"nowhere\""),
                "listen",
                "x.toml",
            ),
            (
                read(Flags::default(), &[], "listen = 3000"),
                "listen",
                "x.toml",
            ),
            (
                read(Flags::default(), &[], "listenn = \"a\""),
                "listenn",
                "x.toml",
            ),
            (read(Flags::default(), &[], "listen ="), "x.toml", "x.toml"),
            (
                read(
                    Flags::default(),
                    &[("JOB_ORCHESTRATOR_SESSION_HOURS", "x")],
                    "",
                ),
                "session_hours",
                "JOB_ORCHESTRATOR_SESSION_HOURS",
            ),
        ];
        for (result, key, place) in cases {
            let text = result.unwrap_err();
            assert!(text.contains(key) && text.contains(place), "{text}");
        }
        let flags = Flags {
            listen: Some("127.0.0.1".into()),
            ..Flags::default()
        };
        assert!(read(flags, &[], "").unwrap_err().contains("--listen"));
    }
}
