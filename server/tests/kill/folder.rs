//! One data folder on which servers live one after the other, and what they are asked.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::examined::Examined;
use crate::life::Life;

/// Longer than anything here takes, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub struct Folder {
    folder: Examined,
    client: Client,
    token: String,
}

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_job-orchestrator"));
    command.env_remove("JOB_ORCHESTRATOR_DATA");
    // However little is left on this machine's disk, it is enough for a test.
    command.env("JOB_ORCHESTRATOR_DISK_LOW_MIB", "1");
    command
}

impl Folder {
    pub fn new() -> Self {
        let folder = Examined::new();
        let made = program()
            .arg("--data")
            .arg(folder.path())
            .args(["token", "create", "--name", "killer", "--role", "owner"])
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(made.status.success());
        let token = String::from_utf8(made.stdout).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(PATIENCE);
        Self {
            folder,
            client: client.build().unwrap(),
            token: token.trim_end().to_owned(),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The test damages what lies here, because of this: at its end no doctor is asked.
    pub fn is_damaged(&self, because: &'static str) {
        self.folder.is_damaged(because);
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Asks a server that may die over it: none when there was no answer.
    pub async fn ask(
        &self,
        life: &Life,
        method: Method,
        path: &str,
        body: Option<&Value>,
        command_id: Option<&str>,
    ) -> Option<(StatusCode, Value)> {
        let url = format!("{}/api/v1{path}", life.address()?);
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(id) = command_id {
            request = request.header("Idempotency-Key", id);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        Some((status, answer.json().await.ok()?))
    }

    /// Creates and starts a workflow under this id of the command.
    pub async fn create(&self, life: &Life, definition: &Value, id: &str) -> Option<i64> {
        let body = json!({"definition": definition, "start": true});
        let asked = self.ask(life, Method::POST, "/workflows", Some(&body), Some(id));
        let (status, answer) = asked.await?;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["workflow_id"].as_i64()
    }

    pub async fn get(&self, life: &Life, path: &str) -> Value {
        let (status, answer) = self.ask(life, Method::GET, path, None, None).await.unwrap();
        assert!(status.is_success(), "{path}: {answer}");
        answer
    }

    /// Asks until the workflow is over, and answers how it stands.
    pub async fn until_over(&self, life: &Life, id: i64) -> Value {
        let begun = Instant::now();
        loop {
            let state = self.get(life, &format!("/workflows/{id}")).await;
            let word = state["status"].as_str().unwrap();
            if ["completed", "failed", "cancelled"].contains(&word) {
                return state;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "workflow {id} is stuck: {state}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
