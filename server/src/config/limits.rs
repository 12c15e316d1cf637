//! What the engine may use of the machine, and how long its stop may take.

use std::time::Duration;

use clap::Args;
use runtime::Settings;
use runtime::settings::{DiskLimits, RoomMark};

use super::source::{ConfigError, Sources};

const MIB: u64 = 1024 * 1024;
const DAY_SECONDS: u64 = 24 * 60 * 60;
/// A program that was asked to end gets 10 s before it is killed, and then has to be seen dead.
const STOP_LEAST: u64 = 12;

/// What flags may say about it, as they were typed.
#[derive(Debug, Clone, Default, Args)]
pub struct LimitFlags {
    /// Memory the server may use; above it no step starts and event streams are ended, the oldest
    /// first [default: all there is]
    #[arg(long, value_name = "MIB")]
    memory_limit_mib: Option<String>,
    /// Programs that steps run at once; more wait [default: 4 for each processor,
    /// at least 8]
    #[arg(long, value_name = "NUMBER")]
    commands_at_once: Option<String>,
    /// Other steps under way at once; more wait [default: 1024]
    #[arg(long, value_name = "NUMBER")]
    other_steps_at_once: Option<String>,
    /// How long a stop waits for running steps before it interrupts them [default: 30]
    #[arg(long, value_name = "SECONDS")]
    drain_seconds: Option<String>,
    /// How long a step that was told to stop may take before it is given up [default: 12]
    #[arg(long, value_name = "SECONDS")]
    stop_seconds: Option<String>,
    /// With less room left on the disk no workflow is created, until there is twice as much
    /// [default: 512, or a twentieth of the disk up to 10 GiB]
    #[arg(long, value_name = "MIB")]
    disk_low_mib: Option<String>,
    /// Room that is kept occupied for what running steps come to on a full disk; 0 keeps none
    /// [default: 16]
    #[arg(long, value_name = "MIB")]
    ballast_mib: Option<String>,
}

/// The engine's limits: what is said, and the defaults for the rest.
pub(super) fn read(sources: &Sources, flags: LimitFlags) -> Result<Settings, ConfigError> {
    let default = Settings::default();
    let memory = sources.optional("memory_limit_mib", flags.memory_limit_mib, mib(1))?;
    let seconds = |key, flag, least| sources.optional(key, flag, seconds(least));
    let number = |key, flag| sources.optional(key, flag, number);
    let drain = seconds("drain_seconds", flags.drain_seconds, 0)?;
    let stop = seconds("stop_seconds", flags.stop_seconds, STOP_LEAST)?;
    let programs = number("commands_at_once", flags.commands_at_once)?;
    let others = number("other_steps_at_once", flags.other_steps_at_once)?;
    let low = sources.optional("disk_low_mib", flags.disk_low_mib, mib(1))?;
    let ballast = sources.optional("ballast_mib", flags.ballast_mib, mib(0))?;
    Ok(Settings {
        programs_at_once: programs.unwrap_or(default.programs_at_once),
        others_at_once: others.unwrap_or(default.others_at_once),
        drain: drain.unwrap_or(default.drain),
        stop: stop.unwrap_or(default.stop),
        disk: disk(default.disk, low, ballast),
        memory: memory.or(default.memory),
    })
}

/// Whoever names a mark means that one, however large the disk is.
fn disk(default: DiskLimits, low: Option<u64>, ballast: Option<u64>) -> DiskLimits {
    let mark = |bytes| RoomMark {
        bytes,
        percent: 0,
        share_at_most: 0,
    };
    DiskLimits {
        little: low.map_or(default.little, mark),
        ample: low.map_or(default.ample, |low| mark(2 * low)),
        ballast: ballast.unwrap_or(default.ballast),
    }
}

/// Bytes out of a number of MiB, of which a pebibyte is the most.
fn mib(least: u64) -> impl Fn(&str) -> Result<u64, String> {
    move |text| Ok(within(text, least, 1_073_741_824, " of MiB")? * MIB)
}

fn seconds(least: u64) -> impl Fn(&str) -> Result<Duration, String> {
    move |text| within(text, least, DAY_SECONDS, " of seconds").map(Duration::from_secs)
}

fn number(text: &str) -> Result<usize, String> {
    let number = within(text, 1, 100_000, "")?;
    // So small a number fits everywhere.
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}

fn within(text: &str, least: u64, most: u64, of_what: &str) -> Result<u64, String> {
    let read = text.parse().ok();
    let fits = read.filter(|number| (least..=most).contains(number));
    fits.ok_or_else(|| format!("must be a whole number{of_what} from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn said(flags: LimitFlags, file: &str) -> Result<Settings, String> {
        let sources = Sources::new([].into_iter(), Path::new("x.toml"), file).unwrap();
        read(&sources, flags).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_word_the_limits_are_the_engines_own() {
        assert_eq!(said(LimitFlags::default(), ""), Ok(Settings::default()));
    }

    #[test]
    fn every_limit_may_be_said_in_the_file_and_a_flag_wins() {
        let file = "memory_limit_mib = 512\ncommands_at_once = 3\nother_steps_at_once = 5\n\
                    drain_seconds = 0\nstop_seconds = 17\ndisk_low_mib = 100\nballast_mib = 0";
        let settings = said(LimitFlags::default(), file).unwrap();
        let mark = |mib| RoomMark {
            bytes: mib * MIB,
            percent: 0,
            share_at_most: 0,
        };
        let wanted = Settings {
            programs_at_once: 3,
            others_at_once: 5,
            drain: Duration::ZERO,
            stop: Duration::from_secs(17),
            disk: DiskLimits {
                little: mark(100),
                ample: mark(200),
                ballast: 0,
            },
            memory: Some(512 * MIB),
        };
        assert_eq!(settings, wanted);
        let flags = LimitFlags {
            memory_limit_mib: Some("64".into()),
            ..LimitFlags::default()
        };
        assert_eq!(said(flags, file).unwrap().memory, Some(64 * MIB));
    }

    #[test]
    fn a_limit_that_is_none_is_refused_with_what_would_do() {
        for (key, value, wanted) in [
            ("memory_limit_mib", "0", "of MiB from 1 to"),
            ("memory_limit_mib", "\"1.5\"", "of MiB from 1 to"),
            ("stop_seconds", "11", "of seconds from 12 to 86400"),
            ("drain_seconds", "-1", "of seconds from 0 to 86400"),
            ("commands_at_once", "0", "whole number from 1 to 100000"),
            ("ballast_mib", "\"16 MiB\"", "of MiB from 0 to"),
        ] {
            let told = said(LimitFlags::default(), &format!("{key} = {value}")).unwrap_err();
            assert!(told.contains(key) && told.contains(wanted), "{told}");
        }
    }
}
