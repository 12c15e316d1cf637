//! What the steps themselves say they did: lines of `word key attempt` in one file, each on disk
//! before the step goes on. A server of the test writes them for steps that call a URL.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

/// The effects of one key.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Effects {
    /// The attempts that began, in order; 0 where the step does not know which it is.
    pub begun: Vec<u32>,
    /// The attempts that came to their end.
    pub ended: Vec<u32>,
    /// Attempts that began while another of the same key was alive.
    pub overlaps: Vec<u32>,
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
            _ => panic!("no word of a witness: {line:?}"),
        };
        list.push(attempt.parse().unwrap());
    }
    all
}

/// A piece of shell that says when it begins and ends, with `work` between the two. Whatever it
/// leaves alive keeps the next attempt from having the key to itself.
pub fn script(folder: &Path, work: &str) -> String {
    let folder = folder.display();
    format!(
        "key=$JOB_ORCHESTRATOR_IDEMPOTENCY_KEY\n\
         say() {{ echo \"$1 $key $JOB_ORCHESTRATOR_ATTEMPT_NUMBER\" | \
         dd of={folder}/witness oflag=append conv=notrunc,fsync status=none; }}\n\
         exec 9>>{folder}/busy-$key\n\
         flock -n 9 || say overlap\n\
         say begin\n{work}\nsay end\n"
    )
}

/// Answers calls, each after its key is written down. It ends with the test.
pub fn serve(folder: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path(folder));
    let file = file.unwrap();
    thread::spawn(move || {
        for caller in listener.incoming().flatten() {
            let file = file.try_clone().unwrap();
            // A caller that dies meanwhile is what this is about.
            thread::spawn(move || drop(answer(&caller, file)));
        }
    });
    address
}

fn answer(mut caller: &TcpStream, mut file: File) -> std::io::Result<()> {
    let mut key = None;
    for line in BufReader::new(caller).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("idempotency-key")
        {
            key = Some(value.trim().to_owned());
        }
    }
    if let Some(key) = key {
        file.write_all(format!("begin {key} 0\n").as_bytes())?;
        file.sync_all()?;
    }
    caller.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\
          connection: close\r\n\r\n{}",
    )
}
