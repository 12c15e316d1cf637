//! What the pages say about workflows.

use axum::http::StatusCode;
use engine::Role;
use serde_json::json;

use super::drawing::draw;
use super::fake::Fake;

#[tokio::test]
async fn a_failed_workflow_says_first_what_failed_and_why() {
    let fake = Fake::new("failed", "failed", "timed out after 5 s").with_log(&["one", "two"]);
    let page = draw(fake, Role::Operator, "/workflows/7").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("<title>✕ Dataset Build #7"));
    let text = page.text();
    let card = text.find("Validate failed").unwrap();
    assert!(card < text.find("Steps").unwrap());
    assert!(text.contains("timed out after 5 s"));
    assert!(text.contains("try 1 of 4"));
    assert!(text.contains("Recover from Validate…"));
    assert!(page.html.contains("/workflows/7/recover?from=1"));
}

#[tokio::test]
async fn the_buttons_are_those_the_engine_allows_and_the_others_say_why() {
    let fake = Fake::new("running", "running", "");
    let page = draw(fake, Role::Operator, "/workflows/7").await;
    assert!(page.html.contains("action=\"/fn/workflow/pause\""));
    assert!(!page.html.contains("action=\"/fn/workflow/resume\""));
    assert!(page.html.contains("aria-describedby=\"why-not-recover\""));
    assert!(page.text().contains("still going on"));
    // A way out that no page offers is not advised on a page.
    assert!(!page.text().contains("force"));
}

#[tokio::test]
async fn each_button_sends_its_command_under_an_id_of_this_page() {
    let running = || Fake::new("running", "running", "");
    let page = draw(running(), Role::Operator, "/workflows/7").await;
    let field = |id: &str| format!("<input type=\"hidden\" name=\"command_id\" value=\"{id}\">");
    assert!(page.html.contains(&field("new.pause.9")), "{}", page.html);
    let page = draw(running(), Role::Operator, "/workflows/7/cancel").await;
    assert!(page.html.contains(&field("new.cancel.9")), "{}", page.html);
    let failed = Fake::new("failed", "failed", "exit code 3");
    let page = draw(failed, Role::Operator, "/workflows/7/recover").await;
    assert!(page.html.contains(&field("new.recover.9")), "{}", page.html);
    let failed = Fake::new("failed", "failed", "exit code 3");
    let page = draw(failed, Role::Editor, "/workflows/7/delete").await;
    assert!(page.html.contains(&field("new.delete.9")), "{}", page.html);
}

#[tokio::test]
async fn a_page_that_cannot_be_shown_just_now_offers_another_try() {
    let fake = Fake::new("running", "running", "").away();
    let page = draw(fake, Role::Viewer, "/workflows/7?step=1").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    let again = page.html.split(">Try again").next().unwrap_or_default();
    let link = again.rsplit("<a ").next().unwrap_or_default();
    assert!(link.contains("href=\"/workflows/7?step=1\""), "{link}");
    let fake = Fake::new("running", "running", "");
    let page = draw(fake, Role::Viewer, "/workflows/8").await;
    assert!(!page.text().contains("Try again"));
}

#[tokio::test]
async fn while_it_is_cancelled_the_button_says_so() {
    let fake = Fake::new("running", "running", "").with_cancel_requested();
    let page = draw(fake, Role::Operator, "/workflows/7").await;
    let text = page.text();
    assert!(
        text.contains("Cancel : it is already being cancelled"),
        "{text}"
    );
    assert!(!text.contains("already running"), "{text}");
}

#[tokio::test]
async fn what_a_try_gave_too_late_is_shown_as_not_used() {
    let url = "/workflows/7?step=1";
    let page = draw(
        Fake::new("failed", "failed", "timed out"),
        Role::Viewer,
        url,
    )
    .await;
    assert!(page.text().contains("timed out"), "{}", page.text());
    assert!(!page.text().contains("not used"), "{}", page.text());
    let fake = Fake::new("failed", "failed", "timed out").with_late_output(json!({"count": 41}));
    let page = draw(fake, Role::Viewer, url).await;
    let (_, attempts) = page.html.split_once("class=\"attempts\"").unwrap();
    let (attempts, _) = attempts.split_once("</table>").unwrap();
    for text in ["late", "Output, not used", "\"count\": 41"] {
        assert!(attempts.contains(text), "{text}: {attempts}");
    }
    let large = engine::event::stand_in(90_000);
    let fake = Fake::new("failed", "failed", "timed out").with_late_output(large);
    let page = draw(fake, Role::Viewer, url).await;
    for text in ["90000 bytes", "/api/v1/workflows/7/tasks/1/attempts/1"] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
}

#[tokio::test]
async fn on_a_paused_workflow_resume_leads() {
    let fake = Fake::new("paused", "queued", "");
    let html = draw(fake, Role::Operator, "/workflows/7").await.html;
    let leads: Vec<_> = html.split("class=\"button button-primary\"").collect();
    let words = leads.iter().skip(1).map(|rest| {
        let text = rest.split_once('>').unwrap().1;
        text.split('<').next().unwrap()
    });
    assert_eq!(words.collect::<Vec<_>>(), ["Resume"]);
    // Start does the same, and is there as well: the buttons are what the engine allows.
    assert!(html.contains("/fn/workflow/start"));
}

#[tokio::test]
async fn a_step_that_ended_without_output_has_none_and_not_none_yet() {
    let ended = Fake::new("failed", "failed", "broke");
    let text = draw(ended, Role::Viewer, "/workflows/7?step=1")
        .await
        .text();
    assert!(text.contains("Output None. Attempts"), "{text}");
    let running = Fake::new("running", "running", "");
    let text = draw(running, Role::Viewer, "/workflows/7?step=1")
        .await
        .text();
    assert!(text.contains("Output None yet."), "{text}");
}

#[tokio::test]
async fn a_percentage_above_the_steps_that_are_done_is_explained() {
    let running = Fake::new("running", "running", "");
    let text = draw(running, Role::Viewer, "/workflows/7").await.text();
    assert!(
        text.contains("1 of 2 steps, what was begun counts in part"),
        "{text}"
    );
    let waiting = Fake::new("running", "queued", "");
    let text = draw(waiting, Role::Viewer, "/workflows/7").await.text();
    assert!(text.contains("1 of 2 steps Started"), "{text}");
}

#[tokio::test]
async fn types_of_steps_go_by_their_titles() {
    let fake = Fake::new("failed", "failed", "broke").with_titled_type("check", "Look closely");
    let page = draw(fake, Role::Viewer, "/workflows/7").await;
    // In the card, in the list twice, in the panel, and in both pictures.
    assert!(page.text().matches("Look closely").count() >= 5);
    assert!(!page.text().contains(" check "), "{}", page.text());
}

#[tokio::test]
async fn the_whole_log_of_a_longer_one_names_its_lines_and_leads_to_the_others() {
    let lines: Vec<_> = (1..=20_010).map(|n| format!("line {n}")).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let fake = Fake::new("failed", "failed", "broke").with_log(&lines);
    let url = "/workflows/7?step=1&log=all";
    let page = draw(fake.clone(), Role::Viewer, url).await;
    assert!(page.text().contains("10 lines before the latest 20000."));
    assert!(page.html.contains("log=before-11#log"));
    let url = "/workflows/7?step=1&log=before-11";
    let text = draw(fake, Role::Viewer, url).await.text();
    assert!(text.contains("The first lines of a longer log. Show the latest lines"));
    assert!(text.contains("10 00:00:05 line 10"), "{text}");
    assert!(!text.contains("line 11"));
}

#[tokio::test]
async fn the_hint_for_terminals_names_a_folder_of_its_own() {
    let page = draw(Fake::nothing(), Role::Editor, "/workflows").await;
    assert!(
        page.text()
            .contains("job-orchestrator --data FOLDER run FILE")
    );
}

#[tokio::test]
async fn a_viewer_gets_no_button_that_works() {
    let fake = Fake::new("running", "running", "");
    let page = draw(fake, Role::Viewer, "/workflows/7").await;
    assert!(!page.html.contains("action=\"/fn/workflow"));
    assert!(page.text().contains("this needs the role operator"));
    assert!(!page.text().contains("New workflow"));
}

#[tokio::test]
async fn a_spent_recovery_budget_is_told_instead_of_a_button() {
    let fake = Fake::new("failed", "failed", "broke").with_budget_spent();
    let page = draw(fake.clone(), Role::Owner, "/workflows/7").await;
    assert!(!page.text().contains("Recover from Validate"));
    assert!(page.text().contains("3 of 3 recoveries were made"));
    let page = draw(fake, Role::Owner, "/workflows/7/recover").await;
    assert!(!page.html.contains("action=\"/fn/workflow/recover\""));
    assert!(page.text().contains("3 of 3 recoveries were made"));
}

#[tokio::test]
async fn a_retrying_step_says_when_the_next_try_comes() {
    let fake = Fake::new("running", "retrying", "exit code 3");
    let text = draw(fake, Role::Viewer, "/workflows/7").await.text();
    assert!(text.contains("(2 of 4)"), "{text}");
    assert!(text.contains("next try in"));
}

#[tokio::test]
async fn the_recover_page_tells_what_is_kept_and_what_is_done_again() {
    let fake = Fake::new("failed", "failed", "broke");
    let page = draw(fake.clone(), Role::Operator, "/workflows/7/recover?from=1").await;
    assert!(
        page.text().contains("1 step done again, 1 step kept"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("Recovery 2 of 3"));
    let page = draw(fake.clone(), Role::Operator, "/workflows/7/recover?from=0").await;
    assert!(page.text().contains("2 steps done again, 0 steps kept"));
    // A form without scripts sends the field's own name.
    let page = draw(fake, Role::Operator, "/workflows/7/recover?from_step=0").await;
    assert!(page.text().contains("2 steps done again"));
}

#[tokio::test]
async fn the_recover_page_warns_of_what_may_take_effect_a_second_time() {
    let twice = "may take effect a second time";
    let fake = || Fake::new("failed", "failed", "it may have taken effect");
    let page = draw(fake(), Role::Operator, "/workflows/7/recover?from=1").await;
    assert!(!page.text().contains(twice), "{}", page.text());
    let paid = fake().with_mode(1, "once");
    let page = draw(paid, Role::Operator, "/workflows/7/recover?from=1").await;
    assert!(
        page.text().contains(&format!("Validate {twice}")),
        "{}",
        page.text()
    );
    // What is kept does nothing again; what comes after the chosen step does, also when it ended well.
    let first = || fake().with_mode(0, "once");
    let page = draw(first(), Role::Operator, "/workflows/7/recover?from=1").await;
    assert!(!page.text().contains(twice), "{}", page.text());
    let page = draw(first(), Role::Operator, "/workflows/7/recover?from=0").await;
    assert!(
        page.text().contains(&format!("Download {twice}")),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn home_puts_first_what_needs_a_person() {
    let fake = Fake::new("failed", "failed", "timed out after 5 s. More words.");
    let text = draw(fake, Role::Operator, "/").await.text();
    assert!(text.contains("Needs attention 1"), "{text}");
    assert!(text.contains("Validate failed timed out after 5 s."));
    assert!(!text.contains("More words"));
    assert!(text.contains("Recover…"));
    assert!(text.contains("Snapshot at"));
}

#[tokio::test]
async fn the_list_keeps_its_filters_and_says_when_nothing_fits() {
    let fake = Fake::new("running", "running", "");
    let page = draw(
        fake.clone(),
        Role::Viewer,
        "/workflows?status=active&q=data",
    )
    .await;
    assert!(page.text().contains("Dataset Build #7"));
    assert!(page.text().contains("Validate"));
    assert!(page.html.contains("value=\"data\""));
    let page = draw(fake, Role::Viewer, "/workflows?status=failed").await;
    assert!(page.text().contains("No workflow matches"));
}

#[tokio::test]
async fn what_does_not_exist_answers_404_and_says_what_it_was() {
    for url in [
        "/workflows/8",
        "/workflows/8/recover",
        "/workflows/8/cancel",
    ] {
        let page = draw(Fake::new("failed", "failed", ""), Role::Owner, url).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{url}");
        assert!(page.text().contains("There is no workflow 8"), "{url}");
    }
    let page = draw(
        Fake::new("failed", "failed", ""),
        Role::Owner,
        "/workflows/abc",
    )
    .await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unknown_state_in_the_url_is_refused_by_name() {
    let fake = Fake::new("failed", "failed", "");
    let page = draw(fake, Role::Owner, "/workflows?status=nonsense").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text().contains("status: "), "{}", page.text());
    assert!(page.text().contains("recoverable"), "{}", page.text());
}

#[tokio::test]
async fn every_page_has_one_main_heading() {
    let urls = [
        "/",
        "/login",
        "/setup",
        "/workflows",
        "/workflows/7",
        "/workflows/7/cancel",
        "/workflows/7/recover",
        "/step-types",
        "/nothing-here",
    ];
    for url in urls {
        let page = draw(Fake::new("failed", "failed", "broke"), Role::Owner, url).await;
        assert_eq!(page.html.matches("<h1").count(), 1, "{url}");
    }
}

#[tokio::test]
async fn the_page_that_deletes_names_what_is_lost_and_asks_for_the_name() {
    let failed = || Fake::new("failed", "failed", "exit code 3");
    let page = draw(failed(), Role::Editor, "/workflows/7").await;
    assert!(page.html.contains("href=\"/workflows/7/delete\""));
    let page = draw(failed(), Role::Editor, "/workflows/7/delete?name=Bu%22ild").await;
    assert!(page.html.contains("value=\"Bu&quot;ild\""), "{}", page.html);
    for told in [
        "nothing brings it back",
        "with results, tries and logs",
        "history of 9 events",
    ] {
        assert!(page.text().contains(told), "{told}: {}", page.text());
    }
    let running = Fake::new("running", "running", "");
    let page = draw(running, Role::Editor, "/workflows/7/delete").await;
    assert!(
        page.text()
            .contains("Cancel it first, or wait until it ends.")
    );
    assert!(!page.html.contains("/fn/workflow/delete"));
}

#[tokio::test]
async fn the_button_that_deletes_is_off_for_who_only_operates_and_its_page_is_forbidden() {
    let failed = || Fake::new("failed", "failed", "exit code 3");
    let page = draw(failed(), Role::Operator, "/workflows/7").await;
    assert!(page.html.contains("aria-describedby=\"why-not-delete\""));
    assert!(page.text().contains("this needs the role editor"));
    let page = draw(failed(), Role::Operator, "/workflows/7/delete").await;
    assert!(page.text().contains("It needs the role editor"));
}
