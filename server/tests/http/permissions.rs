//! Files and folders that the program may not write to: it says which, and does not half start.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use crate::examined::Examined;
use crate::figures;
use crate::fixture::{bound_program, ended, quick};

/// A folder of somebody whom the modes of files bind.
struct Theirs {
    place: Examined,
}

impl Theirs {
    fn new() -> Self {
        let place = Examined::new();
        fs::write(place.path().join("d.json"), quick().to_string()).unwrap();
        fs::create_dir(place.path().join("home")).unwrap();
        Self { place }
    }

    fn data(&self) -> PathBuf {
        self.place.path().join("home/data")
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = bound_program();
        command.arg("--data").arg(self.data()).args(words);
        command.current_dir(self.place.path());
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
