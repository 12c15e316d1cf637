//! From a description to a process: finding the program, starting it, and saying why not.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::fs::{Access, access};
use rustix::io::Errno;

use super::exit_facts::{NotStarted, Outcome};
use super::spec::{ATTEMPT_VARIABLE, CommandSpec, Instruction, LOCK_VARIABLE};

/// Where programs are looked for when the environment has no `PATH`.
const PATH_WITHOUT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Starts the command with the environment it was given and nothing else, in a process group of
/// its own: a command that signals its own group must not reach the runner.
pub(super) fn start(instruction: &Instruction) -> Result<Child, Outcome> {
    let spec = &instruction.command;
    check_names(spec)?;
    let folder = working_folder(spec)?;
    let program = locate(spec, &folder)?;
    let mut command = Command::new(&program);
    command
        .args(&spec.args)
        .current_dir(&folder)
        .env_clear()
        .envs(&spec.env)
        .env(ATTEMPT_VARIABLE, &instruction.attempt_id)
        .env(LOCK_VARIABLE, &instruction.lock_file)
        .stdin(if spec.stdin.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command.spawn().map_err(|fault| {
        if fault.kind() == io::ErrorKind::NotFound {
            // The file is there, so it is the interpreter in its first line that is not.
            let text = format!(
                "{} names an interpreter that does not exist",
                program.display()
            );
            return Outcome::NotStarted {
                reason: NotStarted::NotFound,
                text,
            };
        }
        refusal(&format!("{} cannot be started", program.display()), &fault)
    })
}

fn check_names(spec: &CommandSpec) -> Result<(), Outcome> {
    let wrong = spec
        .env
        .keys()
        .find(|name| name.is_empty() || name.contains('='));
    wrong.map_or(Ok(()), |name| {
        let text = format!("`{name}` cannot be the name of an environment variable");
        Err(Outcome::NotStarted {
            reason: NotStarted::Invalid,
            text,
        })
    })
}

fn working_folder(spec: &CommandSpec) -> Result<PathBuf, Outcome> {
    let own = std::env::current_dir()
        .map_err(|fault| refusal("the server's own folder cannot be used", &fault))?;
    let Some(given) = &spec.working_dir else {
        return Ok(own);
    };
    let folder = own.join(given);
    let about = format!("the working folder {} cannot be used", given.display());
    let facts = fs::metadata(&folder).map_err(|fault| refusal(&about, &fault))?;
    if !facts.is_dir() {
        let text = format!("the working folder {} is not a folder", given.display());
        return Err(Outcome::NotStarted {
            reason: NotStarted::NotFound,
            text,
        });
    }
    Ok(folder)
}

/// The file to execute. A name without a slash is looked for in the given `PATH`, whose relative
/// entries count from the working folder, as they would for a shell there.
fn locate(spec: &CommandSpec, folder: &Path) -> Result<PathBuf, Outcome> {
    if spec.program.is_empty() {
        let text = "no program is named".to_owned();
        return Err(Outcome::NotStarted {
            reason: NotStarted::Invalid,
            text,
        });
    }
    if spec.program.contains('/') {
        let path = folder.join(&spec.program);
        return match executable(&path) {
            Ok(()) => Ok(path),
            Err(fault) => Err(refusal(
                &format!("the program {} cannot be run", spec.program),
                &fault,
            )),
        };
    }
    let search = spec
        .env
        .get("PATH")
        .map_or(PATH_WITHOUT_PATH, String::as_str);
    let mut forbidden = None;
    let mut searched = 0;
    for entry in std::env::split_paths(search) {
        searched += 1;
        let path = folder.join(entry).join(&spec.program);
        // A folder of PATH that may not be looked into is passed over like one without the program.
        if fs::metadata(&path).is_err() {
            continue;
        }
        match executable(&path) {
            Ok(()) => return Ok(path),
            Err(fault) => {
                forbidden.get_or_insert((path, fault));
            }
        }
    }
    if let Some((path, fault)) = forbidden {
        return Err(refusal(
            &format!("the program {} cannot be run", path.display()),
            &fault,
        ));
    }
    let folders = if searched == 1 { "folder" } else { "folders" };
    let text = format!(
        "there is no program \"{}\" in PATH ({searched} {folders} searched)",
        spec.program
    );
    Err(Outcome::NotStarted {
        reason: NotStarted::NotFound,
        text,
    })
}

fn executable(path: &Path) -> io::Result<()> {
    let facts = fs::metadata(path)?;
    if facts.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is a folder",
        ));
    }
    match access(path, Access::EXEC_OK) {
        Err(Errno::ACCESS) => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is not executable",
        )),
        allowed => Ok(allowed?),
    }
}

fn refusal(about: &str, fault: &io::Error) -> Outcome {
    let reason = match fault.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => NotStarted::NotFound,
        io::ErrorKind::PermissionDenied => NotStarted::NoPermission,
        io::ErrorKind::InvalidInput => NotStarted::Invalid,
        _ => NotStarted::Other,
    };
    Outcome::NotStarted {
        reason,
        text: format!("{about}: {fault}"),
    }
}
