//! What the steps themselves say they did: lines of `word key attempt` in one file, each on disk
//! before the step goes on. A server of the test writes them for steps that call a URL.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The effects of one key.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Effects {
    /// The attempts that began, in order; 0 where the step does not know which it is.
    pub begun: Vec<u32>,
    /// The attempts that came to their end.
    pub ended: Vec<u32>,
    /// Attempts that began while another of the same key was alive.
    pub overlaps: Vec<u32>,
    /// Attempts that asked whether the effect was there: it was, it was not, nobody could tell.
    pub found: Vec<u32>,
    pub absent: Vec<u32>,
    pub untold: Vec<u32>,
}

pub fn path(folder: &Path) -> PathBuf {
    folder.join("witness")
}

/// Everything that was written, by key.
pub fn read(folder: &Path) -> BTreeMap<String, Effects> {
    let text = fs::read_to_string(path(folder)).unwrap_or_default();
    let mut all: BTreeMap<String, Effects> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let [word, key, attempt] = words[..] else {
            panic!("no line of a witness: {line:?}");
        };
        let effects = all.entry(key.to_owned()).or_default();
        let list = match word {
            "begin" => &mut effects.begun,
            "end" => &mut effects.ended,
            "overlap" => &mut effects.overlaps,
            "found" => &mut effects.found,
            "absent" => &mut effects.absent,
            "untold" => &mut effects.untold,
            _ => panic!("no word of a witness: {line:?}"),
        };
        list.push(attempt.parse().unwrap());
    }
    all
}

/// The shell's word for writing a line.
fn say(folder: &Path) -> String {
    format!(
        "key=$JOB_ORCHESTRATOR_IDEMPOTENCY_KEY\n\
         say() {{ echo \"$1 $key $JOB_ORCHESTRATOR_ATTEMPT_NUMBER\" | \
         dd of={}/witness oflag=append conv=notrunc,fsync status=none; }}\n",
        folder.display()
    )
}

/// A piece of shell that says when it begins and ends, with `work` between the two. Whatever it
/// leaves alive keeps the next attempt from having the key to itself.
pub fn script(folder: &Path, work: &str) -> String {
    format!(
        "{}exec 9>>{}/busy-$key\n\
         flock -n 9 || say overlap\n\
         say begin\n{work}\nsay end\n",
        say(folder),
        folder.display()
    )
}

/// A piece of shell that tells whether a script began under its key. It says something before it
/// tells, for `c3`.
pub fn check(folder: &Path) -> String {
    format!(
        "{}echo looking\n\
         if grep -q \"^begin $key \" {}/witness; then say found; exit 0; fi\n\
         say absent; exit 1\n",
        say(folder),
        folder.display()
    )
}

/// A piece of shell that does not get to tell.
pub fn silent_check(folder: &Path) -> String {
    format!("{}echo looking\nsay untold\nkill -9 $$\n", say(folder))
}

/// Where one may ask whether a call was taken, and nobody tells.
pub fn silent(witness: &str) -> String {
    format!("{witness}silent")
}

/// Answers calls one after the other, each after its key is written down; so whoever asks hears of
/// every call that was made before. It ends with the test.
pub fn serve(folder: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path(folder));
    let mut receiver = Receiver {
        file: file.unwrap(),
        taken: HashSet::new(),
    };
    thread::spawn(move || {
        for caller in listener.incoming().flatten() {
            // A caller that dies meanwhile is what this is about.
            drop(receiver.answer(&caller));
        }
    });
    address
}

struct Receiver {
    file: File,
    /// The keys of the calls that were taken.
    taken: HashSet<String>,
}

impl Receiver {
    fn answer(&mut self, mut caller: &TcpStream) -> std::io::Result<()> {
        caller.set_read_timeout(Some(Duration::from_secs(10)))?;
        let Some((line, key)) = request(caller)? else {
            return Ok(());
        };
        let (word, status) = if line.starts_with("POST ") {
            self.taken.insert(key.clone());
            ("begin", "200 OK")
        } else if line.starts_with("GET /silent ") {
            ("untold", "503 Service Unavailable")
        } else if self.taken.contains(&key) {
            ("found", "200 OK")
        } else {
            ("absent", "404 Not Found")
        };
        self.file
            .write_all(format!("{word} {key} 0\n").as_bytes())?;
        self.file.sync_all()?;
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\
             connection: close\r\n\r\n{{}}"
        );
        caller.write_all(answer.as_bytes())
    }
}

/// A request's first line and its key; none when the caller is gone before it has said both.
fn request(caller: &TcpStream) -> std::io::Result<Option<(String, String)>> {
    let (mut first, mut key) = (None, None);
    for line in BufReader::new(caller).lines() {
        let line = line?;
        if line.is_empty() {
            return Ok(first.zip(key));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("idempotency-key")
        {
            key = Some(value.trim().to_owned());
        }
        first.get_or_insert(line);
    }
    Ok(None)
}
