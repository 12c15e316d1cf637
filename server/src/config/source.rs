//! Where a setting may be said, and who wins.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// What every variable's name begins with.
pub(super) const PREFIX: &str = "JOB_ORCHESTRATOR_";

/// A setting is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Its value.
    #[error("the setting {key} ({place}) {problem}")]
    Wrong {
        /// The setting.
        key: String,
        /// Where it was said.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no such setting.
    #[error("there is no setting {key} ({place}); the settings are {known}")]
    Unknown {
        /// What was said.
        key: String,
        /// Where.
        place: String,
        /// What there is.
        known: String,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
}

/// The environment and the file.
#[derive(Debug)]
pub struct Sources {
    environment: HashMap<String, String>,
    path: PathBuf,
    file: Table,
    /// The keys that were asked for.
    known: RefCell<BTreeSet<&'static str>>,
}

impl Sources {
    /// Those of this process; the file may be missing.
    ///
    /// # Errors
    /// When the file is there but cannot be read.
    pub fn of_process(path: &Path) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unreadable(path, error)),
        };
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::new(environment, path, &text)
    }

    /// Those given.
    ///
    /// # Errors
    /// When `text` is no TOML.
    pub fn new(
        environment: impl Iterator<Item = (String, String)>,
        path: &Path,
        text: &str,
    ) -> Result<Self, ConfigError> {
        let file = text.parse::<Table>();
        Ok(Self {
            environment: environment.collect(),
            path: path.to_owned(),
            file: file.map_err(|error| unreadable(path, error))?,
            known: RefCell::default(),
        })
    }

    /// A setting that has a default.
    ///
    /// # Errors
    /// When it is wrong.
    pub fn value<T>(
        &self,
        key: &'static str,
        flag: Option<String>,
        default: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        match self.said(key, flag)? {
            Some((text, place)) => read(&text).map_err(|problem| wrong(key, place, problem)),
            None => read(default).map_err(|problem| wrong(key, "the default".into(), problem)),
        }
    }

    /// A setting that may be left out.
    ///
    /// # Errors
    /// When it is wrong.
    pub fn optional<T>(
        &self,
        key: &'static str,
        flag: Option<String>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let said = self.said(key, flag)?;
        said.map(|(text, place)| read(&text).map_err(|problem| wrong(key, place, problem)))
            .transpose()
    }

    /// The text of a setting and where it was said.
    fn said(
        &self,
        key: &'static str,
        flag: Option<String>,
    ) -> Result<Option<(String, String)>, ConfigError> {
        self.known.borrow_mut().insert(key);
        if let Some(text) = flag {
            return Ok(Some((text, format!("--{}", key.replace('_', "-")))));
        }
        let variable = format!("{PREFIX}{}", key.to_uppercase());
        if let Some(text) = self.environment.get(&variable) {
            return Ok(Some((text.clone(), format!("the variable {variable}"))));
        }
        let place = || format!("in {}", self.path.display());
        match self.file.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some((text.clone(), place()))),
            Some(Value::Integer(number)) => Ok(Some((number.to_string(), place()))),
            Some(Value::Boolean(truth)) => Ok(Some((truth.to_string(), place()))),
            Some(_) => Err(wrong(
                key,
                place(),
                "must be one text, number or truth".into(),
            )),
        }
    }

    /// The keys that were asked for.
    pub fn asked(self) -> BTreeSet<&'static str> {
        self.known.into_inner()
    }

    /// Refuses settings in the file that nobody asked for.
    ///
    /// # Errors
    /// For the first of them.
    pub fn refuse_unknown(&self) -> Result<(), ConfigError> {
        let known = self.known.borrow();
        let unknown = self.file.keys().find(|key| !known.contains(key.as_str()));
        unknown.map_or(Ok(()), |key| {
            Err(ConfigError::Unknown {
                key: key.clone(),
                place: format!("in {}", self.path.display()),
                known: known.iter().copied().collect::<Vec<_>>().join(", "),
            })
        })
    }
}

fn wrong(key: &str, place: String, problem: String) -> ConfigError {
    ConfigError::Wrong {
        key: key.to_owned(),
        place,
        problem,
    }
}

fn unreadable(path: &Path, cause: impl std::fmt::Display) -> ConfigError {
    ConfigError::File {
        path: path.to_owned(),
        cause: cause.to_string(),
    }
}
