//! Files and folders that the program may not write to: it says which, and does not half start. Root
//! may write to anything, so the tests of root start it as somebody else.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::examined::Examined;
use crate::figures;
use crate::fixture::{ended, quick};

/// A user without rights of any kind.
const NOBODY: u32 = 65_534;

/// The program for somebody who is not root, and a folder of theirs.
struct Theirs {
    place: Examined,
    program: PathBuf,
}

impl Theirs {
    fn new() -> Self {
        let place = Examined::new();
        mode(place.path(), 0o755);
        let program = place.path().join("program");
        // Where it was built others may not come.
        fs::copy(env!("CARGO_BIN_EXE_job-orchestrator"), &program).unwrap();
        fs::write(place.path().join("d.json"), quick().to_string()).unwrap();
        let home = place.path().join("home");
        fs::create_dir(&home).unwrap();
        if we_are_root() {
            chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        Self { place, program }
    }

    fn data(&self) -> PathBuf {
        self.place.path().join("home/data")
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.env_remove("JOB_ORCHESTRATOR_DATA");
        command.arg("--data").arg(self.data()).args(words);
        command.current_dir(self.place.path());
        if we_are_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        ended(piped.spawn().unwrap())
    }

    /// A whole workflow from its creation to its end.
    fn assert_works(&self) {
        let done = self.run(&["run", "d.json"]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    }

    /// A start that has to name what it may not use.
    fn assert_refused(&self, what: &str, named: &Path) {
        let refused = self.run(&["serve", "--listen", "127.0.0.1:0"]);
        let (said, greeting) = (text(&refused.stderr), text(&refused.stdout));
        // 2 where it is the settings that cannot be read.
        let is_told = matches!(refused.status.code(), Some(1 | 2));
        assert!(is_told, "{what}: {refused:?}");
        let named = named.display().to_string();
        assert!(said.contains(&named), "{what}: {said}");
        assert!(!said.contains("panicked"), "{what}: {said}");
        assert!(!greeting.contains("listens on"), "{what}: {greeting}");
    }
}

fn we_are_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn text(said: &[u8]) -> String {
    String::from_utf8_lossy(said).into_owned()
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_may_not_be_written_to_is_named_by_a_start_that_is_none_and_stays_whole() {
    let theirs = Theirs::new();
    theirs.assert_works();
    let (data, home) = (theirs.data(), theirs.place.path().join("home"));
    let file = data.join("job-orchestrator.db");
    let cases = [
        (&file, 0o400, 0o600),
        (&file, 0o000, 0o600),
        (&data, 0o500, 0o700),
        (&data, 0o000, 0o700),
    ];
    for (path, wrong, right) in cases {
        mode(path, wrong);
        theirs.assert_refused(&format!("{} {wrong:o}", path.display()), path);
        mode(path, right);
        theirs.assert_works();
    }
    fs::rename(&data, home.join("elsewhere")).unwrap();
    mode(&home, 0o500);
    theirs.assert_refused("a folder that cannot be made", &data);
    mode(&home, 0o700);
    figures::tell(format!(
        "files: {} starts without the rights they need: each named what it lacked, 0 half starts",
        cases.len() + 1
    ));
}
