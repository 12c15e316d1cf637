//! Starts the program, makes tokens and asks.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, Request, RequestBuilder, StatusCode, redirect};
use serde_json::{Value, json};

use crate::contract::{self, Asked};

use crate::examined::Examined;

/// Longer than anything here takes, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running server on a folder of its own; it is killed when the test ends.
pub struct Server {
    pub folder: Examined,
    pub address: String,
    /// What `serve` printed besides its address.
    pub setup_link: Option<String>,
    child: Child,
    /// Kept open: what the program prints later has a place to go.
    _output: BufReader<ChildStdout>,
    pub client: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The body of an answer that has to be a problem with this status.
    pub fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(
            self.headers[CONTENT_TYPE], "application/problem+json",
            "{self:?}"
        );
        let body = self.json();
        assert_eq!(body["status"], status);
        for member in ["type", "title", "detail"] {
            assert!(body[member].is_string(), "{member}: {body}");
        }
        body
    }

    /// The pointers of a 422.
    pub fn pointers(&self) -> Vec<String> {
        let body = self.problem(422);
        let errors = body["errors"].as_array().unwrap();
        assert!(errors.iter().all(|error| error["detail"].is_string()));
        let pointers = errors
            .iter()
            .map(|error| error["pointer"].as_str().unwrap().to_owned());
        pointers.collect()
    }

    /// The body of an answer that has to be a success.
    pub fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        self.json()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// However little is left on this machine's disk, it is enough for a test.
fn with_room(command: &mut Command) {
    command.env("JOB_ORCHESTRATOR_DISK_LOW_MIB", "1");
}

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_job-orchestrator"));
    command.env_remove("JOB_ORCHESTRATOR_DATA");
    with_room(&mut command);
    command
}

/// The program for somebody who may do to files what their modes allow, and no more. Root may do anything,
/// unless it gives up just that.
pub fn bound_program() -> Command {
    let own = program();
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return own;
    }
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-dac_override,-dac_read_search"]);
    command.arg(own.get_program());
    command.env_remove("JOB_ORCHESTRATOR_DATA");
    with_room(&mut command);
    command
}

/// Runs a command of the program to its end, with `input` as standard input.
pub fn run(data: &Path, words: &[&str], input: &str) -> Output {
    let mut child = program()
        .arg("--data")
        .arg(data)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    ended(child)
}

/// What a program said that has to end. One that should have been refused may serve for ever: it is
/// judged by what it said until then.
pub fn ended(child: Child) -> Output {
    let pid = child.id().to_string();
    let (done, ended) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        if ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            let killed = Command::new("kill").args(["-KILL", &pid]).status();
            assert!(killed.unwrap().success());
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(done);
    output
}

/// A browser says with every write which page it comes from.
fn say_origin(request: &mut Request) {
    let origin = request.url().origin().ascii_serialization();
    let is_read = request.method() == Method::GET;
    let headers = request.headers_mut();
    let says = headers.contains_key("origin") || headers.contains_key("sec-fetch-site");
    if headers.contains_key("cookie") && !is_read && !says {
        headers.insert("origin", origin.parse().unwrap());
    }
}

/// Sends it and reads the answer, which has to be as the description says.
pub async fn ask(request: RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let mut request = request.unwrap();
    say_origin(&mut request);
    let body = request.body().and_then(|body| body.as_bytes());
    let asked = Asked {
        method: request.method().clone(),
        path: request.url().path().to_owned(),
        headers: request.headers().clone(),
        body: body.map(<[u8]>::to_vec),
    };
    let response = client.execute(request).await.unwrap();
    let answer = Answer {
        status: response.status(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    };
    contract::check(&asked, &answer);
    answer
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(Examined::new(), &["--allow-commands"])
    }

    /// With this text as its file of settings.
    pub fn start_set(settings: &str) -> Self {
        let folder = Examined::new();
        std::fs::write(folder.path().join("job-orchestrator.toml"), settings).unwrap();
        Self::start_with(folder, &["--allow-commands"])
    }

    pub fn start_with(folder: Examined, words: &[&str]) -> Self {
        let mut child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let has_file = folder.path().join("accounts.db").exists();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (address, setup_link) = read_greeting(&mut output, has_file);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            // Answers are looked at as they were sent.
            .no_gzip()
            .no_brotli()
            .no_proxy();
        Self {
            folder,
            address,
            setup_link,
            child,
            _output: output,
            client: client.timeout(PATIENCE).build().unwrap(),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub async fn get(&self, path: &str) -> Answer {
        ask(self.request(Method::GET, path)).await
    }

    /// A token of this role.
    pub fn token(&self, role: &str) -> String {
        let words = ["token", "create", "--name", "tester", "--role", role];
        let output = run(self.folder.path(), &words, "");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    pub fn user(&self, name: &str, role: &str, password: &str) {
        let words = [
            "user",
            "create",
            "--name",
            name,
            "--role",
            role,
            "--password-stdin",
        ];
        let output = run(self.folder.path(), &words, password);
        assert!(output.status.success(), "{output:?}");
    }

    /// Signs in and answers the cookie.
    pub async fn sign_in(&self, name: &str, password: &str) -> String {
        let form = format!("name={name}&password={password}&next=%2F");
        let answer = self.post_form("/login", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        assert_eq!(answer.header("location"), "/");
        cookie_of(&answer)
    }

    pub async fn post_form(&self, path: &str, form: &str) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        ask(request.body(form.to_owned())).await
    }

    pub fn api(&self, role: &str) -> Api<'_> {
        Api {
            server: self,
            token: self.token(role),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the program ended and answers its exit code.
    pub fn wait(&mut self) -> Option<i32> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server did not end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The name and value of the session's cookie.
pub fn cookie_of(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("sid="), "{answer:?}");
    cookie.split(';').next().unwrap().to_owned()
}

/// The address, and the link of the set-up unless there may be an account.
fn read_greeting(output: &mut impl BufRead, may_have_account: bool) -> (String, Option<String>) {
    let mut address = None;
    for line in output.lines() {
        let line = line.unwrap();
        if let Some((_, rest)) = line.split_once("listens on ") {
            address = Some(rest.trim().to_owned());
            if may_have_account {
                break;
            }
        } else if line.contains("code=") {
            return (address.unwrap(), Some(line.trim().to_owned()));
        }
    }
    (address.expect("the server did not start"), None)
}

/// The HTTP API with a token.
pub struct Api<'a> {
    server: &'a Server,
    pub token: String,
}

impl Api<'_> {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.server.request(method, &format!("/api/v1{path}"));
        request.bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        ask(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        ask(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        ask(self.request(Method::PUT, path).json(body)).await
    }

    /// A command under an id of the client's.
    pub async fn keyed(&self, path: &str, id: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).json(body);
        ask(request.header("Idempotency-Key", id)).await
    }

    /// A verb without a body.
    pub async fn verb(&self, id: i64, verb: &str) -> Answer {
        ask(self.request(Method::POST, &format!("/workflows/{id}/{verb}"))).await
    }

    pub async fn recover(&self, id: i64, from_step: u64) -> Answer {
        let body = json!({"from_step": from_step});
        self.post(&format!("/workflows/{id}/recover"), &body).await
    }

    /// Creates a workflow of an inline definition and answers its number.
    pub async fn create(&self, definition: &Value, start: bool) -> i64 {
        let body = json!({"definition": definition, "start": start});
        let answer = self.post("/workflows", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.json()["workflow_id"].as_i64().unwrap()
    }

    /// Asks until the workflow's progress is as it should be.
    pub async fn until_progress(&self, id: i64, is_so: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let progress = self.get(&format!("/workflows/{id}/progress")).await.ok();
            if is_so(&progress) {
                return progress;
            }
            assert!(begun.elapsed() < PATIENCE, "{progress}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks until the workflow is in this state.
    pub async fn until(&self, id: i64, status: &str) -> Value {
        let begun = Instant::now();
        loop {
            let state = self.get(&format!("/workflows/{id}")).await.ok();
            if state["status"] == status {
                return state;
            }
            assert!(begun.elapsed() < PATIENCE, "not {status}: {state}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A definition of steps that wait, one after the other; longer than a test takes.
pub fn waiting(seconds: f64) -> Value {
    json!({"name": "Waiting", "steps": [
        {"name": "First", "task_type": "delay", "config": {"seconds": seconds}},
        {"name": "Second", "task_type": "noop", "config": {}, "dependencies": [0]},
    ]})
}

/// A definition whose first step fails at once.
pub fn failing() -> Value {
    json!({"name": "Failing", "max_recovery_attempts": 1, "steps": [
        {"name": "Bad", "task_type": "command", "config": {"program": "false", "args": []},
         "max_retries": 0},
        {"name": "After", "task_type": "noop", "config": {}, "dependencies": ["bad"]},
    ]})
}

/// A definition that completes at once.
pub fn quick() -> Value {
    json!({"name": "Quick", "steps": [
        {"name": "One", "task_type": "noop", "config": {}},
        {"name": "Two", "task_type": "noop", "config": {}, "dependencies": ["one"]},
    ]})
}
