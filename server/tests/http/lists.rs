//! Lists: filters, pages and what is wrong with their parameters.

use serde_json::json;

use crate::fixture::{Server, failing, quick};

#[tokio::test]
async fn a_list_is_read_page_by_page_newest_first() {
    let server = Server::start();
    let api = server.api("editor");
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(api.create(&quick(), false).await);
    }
    made.reverse();
    let mut seen = Vec::new();
    let mut query = String::new();
    loop {
        let page = api.get(&format!("/workflows?limit=2{query}")).await.ok();
        let items = page["items"].as_array().unwrap();
        seen.extend(
            items
                .iter()
                .map(|item| item["workflow_id"].as_i64().unwrap()),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) => query = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
    let all = api.get("/workflows?limit=5").await.ok();
    assert_eq!(all["next_cursor"], json!(null));
}

#[tokio::test]
async fn definitions_are_listed_by_their_latest_version() {
    let server = Server::start();
    let api = server.api("editor");
    let first = api.post("/definitions", &quick()).await.ok();
    api.post("/definitions", &failing()).await.ok();
    let mut next = first.clone();
    next["name"] = json!("Quicker");
    api.put(&format!("/definitions/{}", first["definition_id"]), &next)
        .await
        .ok();
    let page = api.get("/definitions?limit=200").await.ok();
    let names: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| &d["name"])
        .collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&&json!("Quicker")) && !names.contains(&&json!("Quick")));
    let one = api.get("/definitions?limit=1").await.ok();
    let cursor = one["next_cursor"].as_str().unwrap();
    let rest = api
        .get(&format!("/definitions?limit=1&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(rest["next_cursor"], json!(null));
    assert_ne!(
        one["items"][0]["definition_id"],
        rest["items"][0]["definition_id"]
    );
}

#[tokio::test]
async fn workflows_are_found_by_state_and_by_text() {
    let server = Server::start();
    let api = server.api("editor");
    let bad = api.create(&failing(), true).await;
    let idle = api.create(&quick(), false).await;
    api.until(bad, "failed").await;
    let found = async |query: &str| {
        let page = api.get(&format!("/workflows?{query}")).await.ok();
        let ids = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|w| w["workflow_id"].as_i64().unwrap());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(found("status=failed").await, [bad]);
    assert_eq!(found("status=recoverable").await, [bad]);
    assert_eq!(found("status=pending").await, [idle]);
    assert_eq!(found("status=active").await, [0_i64; 0]);
    assert_eq!(found("q=quiCK").await, [idle]);
    assert_eq!(found("q=").await, [idle, bad]);
    assert_eq!(found("q=%25").await, [0_i64; 0]);
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let server = Server::start();
    let api = server.api("viewer");
    let cases = [
        ("/workflows?limit=0", "limit"),
        ("/workflows?limit=201", "limit"),
        ("/workflows?limit=abc", "limit"),
        ("/workflows?limit=", "limit"),
        ("/workflows?limit=1.5", "limit"),
        ("/workflows?status=nothing", "status"),
        ("/workflows?status=Failed", "status"),
        ("/workflows?cursor=abc", "cursor"),
        ("/workflows?cursor=-1", "cursor"),
        ("/definitions?limit=-5", "limit"),
        ("/definitions?cursor=%00", "cursor"),
        ("/workflows?stauts=failed", "stauts"),
        ("/definitions?status=failed", "status"),
    ];
    for (path, parameter) in cases {
        let problem = api.get(path).await.problem(400);
        assert_eq!(problem["parameter"], parameter, "{path}");
        assert!(problem["detail"].as_str().unwrap().contains(parameter));
    }
}
