//! Set-up, signing in and out.

use std::time::Instant;

use reqwest::{Method, StatusCode};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::examined::Examined;
use crate::fixture::{PATIENCE, Server, ask, cookie_of};

const PASSWORD: &str = "correct horse";

fn code(server: &Server) -> String {
    let link = server.setup_link.as_deref().unwrap();
    link.split("code=").nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn the_owner_is_made_once_and_only_with_the_printed_code() {
    let server = Server::start();
    let link = server.setup_link.clone().unwrap();
    assert!(link.starts_with(&server.url("/setup?code=")), "{link}");
    let wrong = server
        .post_form(
            "/setup",
            "code=wrong&name=ada&password=correct+horse&commands=on",
        )
        .await;
    assert_eq!(wrong.status, StatusCode::SEE_OTHER);
    let back = wrong.header("location");
    assert!(back.starts_with("/setup?problem=code&"), "{back}");
    assert!(
        back.contains("name=ada") && back.contains("commands=on"),
        "{back}"
    );
    let form = |password: &str| format!("code={}&name=ada&password={password}", code(&server));
    let short = server.post_form("/setup", &form("short")).await;
    assert!(
        short
            .header("location")
            .starts_with("/setup?problem=short&")
    );
    let common = server.post_form("/setup", &form("password123")).await;
    assert!(
        common
            .header("location")
            .starts_with("/setup?problem=common&")
    );
    let made = server.post_form("/setup", &form("correct+horse")).await;
    assert_eq!(made.header("location"), "/", "{made:?}");
    let cookie = cookie_of(&made);
    let home = ask(server.request(Method::GET, "/").header("cookie", &cookie)).await;
    assert_eq!(home.status, StatusCode::OK);
    let again = server.post_form("/setup", &form("correct+horse")).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let page = server.get("/setup").await;
    assert_eq!(
        (page.status, page.header("location")),
        (StatusCode::SEE_OTHER, "/login")
    );
}

#[tokio::test]
async fn a_ticked_box_lets_steps_start_programs() {
    let server = Server::start_with(Examined::new(), &[]);
    let editor = server.api("editor");
    let definition = serde_json::json!({"name": "n", "steps": [
        {"name": "s", "task_type": "command", "config": {"program": "true", "args": []},
         "max_retries": 0}
    ]});
    let form = format!(
        "code={}&name=ada&password=correct+horse&commands=on",
        code(&server)
    );
    let made = server.post_form("/setup", &form).await;
    assert_eq!(made.header("location"), "/", "{made:?}");
    let id = editor.create(&definition, true).await;
    editor.until(id, "completed").await;
}

#[tokio::test]
async fn after_signing_in_one_is_where_one_wanted_to_be_but_never_elsewhere() {
    let server = Server::start();
    server.user("ada", "owner", PASSWORD);
    let asked = server.get("/workflows/7?step=1").await;
    assert_eq!(
        asked.header("location"),
        "/login?next=%2Fworkflows%2F7%3Fstep%3D1"
    );
    let cases = [
        ("%2Fworkflows%2F7%3Fstep%3D1", "/workflows/7?step=1"),
        ("%2F%2Fevil.example", "/"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("%2F%5Cevil.example", "/"),
        ("", "/"),
    ];
    for (next, expected) in cases {
        let form = format!("name=Ada&password=correct+horse&next={next}");
        let answer = server.post_form("/login", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        assert_eq!(answer.header("location"), expected);
    }
}

#[tokio::test]
async fn the_cookie_is_http_only_and_lax_and_its_id_new_each_time() {
    let server = Server::start();
    server.user("ada", "owner", PASSWORD);
    let form = "name=ada&password=correct+horse";
    let fixed = "sid=AAAAAAAAAAAAAAAAAAAAAA";
    let request = server
        .request(Method::POST, "/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", fixed);
    let answer = ask(request.body(form)).await;
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert!(
        cookie.contains("Path=/") && !cookie.contains("Secure"),
        "{cookie}"
    );
    assert_ne!(cookie_of(&answer), fixed);
}

/// Whether a token that nobody has is refused, and not held up.
async fn is_refused(server: &Server) -> bool {
    let request = server.request(Method::GET, "/api/v1/workflows");
    let answer = ask(request.bearer_auth("jo_none")).await;
    if answer.status != StatusCode::TOO_MANY_REQUESTS {
        answer.problem(401);
        return true;
    }
    false
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_answered_alike_and_limited() {
    let server = Server::start();
    server.user("ada", "owner", PASSWORD);
    let begun = Instant::now();
    let known = server
        .post_form("/login", "name=ada&password=wrong+horse&next=%2Fworkflows")
        .await;
    let unknown = server
        .post_form("/login", "name=eve&password=wrong+horse&next=%2Fworkflows")
        .await;
    assert_eq!(
        known.header("location"),
        "/login?problem=wrong&name=ada&next=%2Fworkflows"
    );
    assert_eq!(
        unknown.header("location"),
        "/login?problem=wrong&name=eve&next=%2Fworkflows"
    );
    // Each password takes its time, on a busy machine so much that ten a minute never come; tokens that
    // nobody has count with them and take none.
    let mut failures = 2;
    let last = loop {
        assert!(begun.elapsed() < PATIENCE, "it is never held up");
        while is_refused(&server).await {
            failures += 1;
        }
        let most = 10 + begun.elapsed().as_secs() / 6;
        assert!(failures <= most, "{failures} failed, and {most} may");
        let form = "name=ada&password=wrong+horse&next=%2Fworkflows%2F7";
        let answer = server.post_form("/login", form).await;
        if answer.status != StatusCode::SEE_OTHER {
            break answer;
        }
        failures += 1;
    };
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = last.header("retry-after").parse().unwrap();
    assert!(wait > 0);
    // It is the sign-in page as ever, and says how long to wait.
    let told = format!("Too many sign-ins from your address failed. Try again in {wait} second");
    let page = &last.text;
    assert!(page.contains(&told), "{page}");
    assert!(page.contains("rel=\"stylesheet\""), "{page}");
    assert!(page.contains("class=\"top-bar\""), "{page}");
    assert!(last.header("content-security-policy").contains("'nonce-"));
    // Nothing typed is lost but the password, and signing in leads where one wanted to go.
    assert!(
        page.contains("name=\"next\" value=\"/workflows/7\""),
        "{page}"
    );
    assert!(page.contains("value=\"ada\""), "{page}");
    assert!(!page.contains("wrong horse"), "{page}");
}

#[tokio::test]
async fn who_is_signed_in_is_led_past_the_sign_in_page() {
    let server = Server::start();
    server.user("ada", "owner", PASSWORD);
    let cookie = server.sign_in("ada", "correct+horse").await;
    for (path, to) in [
        ("/login", "/"),
        (
            "/login?next=%2Fworkflows%2F7%3Fstep%3D1",
            "/workflows/7?step=1",
        ),
        ("/login?next=%2F%2Fevil.example", "/"),
    ] {
        let request = server.request(Method::GET, path).header("cookie", &cookie);
        let answer = ask(request).await;
        let found = (answer.status, answer.header("location"));
        assert_eq!(found, (StatusCode::SEE_OTHER, to), "{path}");
    }
}

#[tokio::test]
async fn before_the_first_account_the_sign_in_page_names_the_set_up_link() {
    let server = Server::start();
    let words = "Nobody has an account yet";
    assert!(server.get("/login").await.text.contains(words));
    server.user("ada", "owner", PASSWORD);
    assert!(!server.get("/login").await.text.contains(words));
}

#[tokio::test]
async fn signing_in_again_and_again_is_not_limited() {
    let server = Server::start();
    server.user("ada", "owner", PASSWORD);
    for _ in 0..12 {
        server.sign_in("ada", "correct+horse").await;
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_a_cookie_works_for_the_api_until_then() {
    let server = Server::start();
    server.user("ada", "owner", PASSWORD);
    let cookie = server.sign_in("ada", "correct+horse").await;
    let list = || {
        ask(server
            .request(Method::GET, "/api/v1/workflows")
            .header("cookie", &cookie))
    };
    list().await.ok();
    let out = ask(server
        .request(Method::POST, "/logout")
        .header("cookie", &cookie))
    .await;
    assert_eq!(
        (out.status, out.header("location")),
        (StatusCode::SEE_OTHER, "/login")
    );
    list().await.problem(401);
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_opened() {
    let server = Server::start();
    server.user("ada", "editor", PASSWORD);
    let cookie = server.sign_in("ada", "correct+horse").await;
    server.user("ada", "viewer", "another horse");
    let list = ask(server
        .request(Method::GET, "/api/v1/workflows")
        .header("cookie", &cookie))
    .await;
    list.problem(401);
    server.sign_in("ada", "another+horse").await;
}

#[tokio::test]
async fn names_and_pages_of_any_length_make_no_header_that_a_browser_gives_up_at() {
    let server = Server::start();
    server.user("ada", "owner", PASSWORD);
    let long = "x".repeat(60_000);
    let form = format!("name={long}&password=wrong&next=/{long}");
    let answer = server.post_form("/login", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.header("location").len() < 3_000);
}

#[tokio::test]
async fn accounts_that_cannot_be_written_to_are_told_on_a_page_with_503() {
    let server = Server::start();
    server.user("ada", "owner", PASSWORD);
    let cookie = server.sign_in("ada", PASSWORD).await;
    let file = server.folder.path().join("accounts.db");
    let mut other = SqliteConnectOptions::new()
        .filename(file)
        .connect()
        .await
        .unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let form = format!("name=ada&password={PASSWORD}");
    let entering = server.post_form("/login", &form).await;
    let leaving = server
        .request(Method::POST, "/logout")
        .header("cookie", &cookie);
    for answer in [entering, ask(leaving).await] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        assert!(answer.header("content-type").starts_with("text/html"));
        assert_eq!(answer.header("retry-after"), "5");
        assert!(answer.text.contains("Try again in a moment"), "{answer:?}");
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    let home = server.request(Method::GET, "/").header("cookie", &cookie);
    assert_eq!(ask(home).await.status, StatusCode::OK);
}
