//! The stream of a list: which workflows moved, so that whoever shows many of them knows when to look
//! again. It promises that nobody is told later than two seconds, not that everybody is told of each move.

use std::collections::VecDeque;
use std::fmt;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::Version;
use axum::response::Response;
use engine::JobOrchestratorError;
use engine::orchestrator::{Moves, WorkflowFilter, WorkflowSelection};
use tokio::time::{Duration, Instant, sleep};

use super::frame;
use super::life::{Life, Says};
use crate::api::query::Query;
use crate::caller::Caller;
use crate::problem::ApiProblem;
use crate::shared::Shared;

/// Moves of this long are told together, each workflow once.
const TOGETHER: Duration = Duration::from_millis(500);
/// Of more workflows at once nothing is said but that there are so many.
const HINTS_MOST: usize = 256;
/// So many active workflows are named at the beginning, the newest ones.
const NAMED_MOST: usize = 200;
/// How long a quiet stream waits for moves before it looks after itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// The stream, for pages by cookie and for programs by token.
///
/// # Errors
/// 403 for another site, 503 when the server holds as many streams as it may.
pub async fn stream(
    State(shared): State<Shared>,
    version: Version,
    caller: Caller,
    query: Query,
    request: Request,
) -> Result<Response, ApiProblem> {
    super::refuse_foreign(&shared, &request)?;
    query.only(&[])?;
    let life = super::begin(shared, version, caller).await?;
    let follower = Follower {
        life,
        place: None,
        waiting: VecDeque::new(),
    };
    Ok(super::answer(follower.frames()))
}

/// The follower of all workflows.
struct Follower {
    life: Life,
    /// Up to where moves were told; none before the first snapshot.
    place: Option<u64>,
    waiting: VecDeque<Bytes>,
}

impl fmt::Display for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list")
    }
}

impl Says for Follower {
    fn life(&mut self) -> &mut Life {
        &mut self.life
    }

    fn crowded(&self) -> Bytes {
        frame::list_crowded()
    }

    fn ready(&mut self) -> Option<Bytes> {
        self.waiting.pop_front()
    }

    async fn look(&mut self) -> Result<(), JobOrchestratorError> {
        match self.place {
            None => self.begin().await,
            Some(place) => {
                self.wait(place).await;
                Ok(())
            }
        }
    }
}

impl Follower {
    /// What is active just now.
    async fn begin(&mut self) -> Result<(), JobOrchestratorError> {
        let service = &self.life.shared.service;
        // Before the workflows are read: what moves meanwhile is told again.
        self.place = Some(service.moved(None).await.place);
        let filter = WorkflowFilter {
            selection: WorkflowSelection::Active,
            limit: NAMED_MOST,
            ..WorkflowFilter::default()
        };
        let active = service.list(&self.life.caller.actor, &filter).await?;
        let active: Vec<_> = active
            .items
            .iter()
            .map(|state| (state.id, state.summary.events))
            .collect();
        self.waiting.push_back(frame::list_snapshot(&active));
        Ok(())
    }

    async fn wait(&mut self, place: u64) {
        let service = &self.life.shared.service;
        tokio::select! {
            () = self.life.wait(Instant::now() + PATIENCE) => return,
            _ = service.moved(Some(place)) => {}
        }
        sleep(TOGETHER).await;
        let moves = service.moved(Some(place)).await;
        let hints = hints(&moves);
        self.place = hints.is_some().then_some(moves.place);
        self.waiting.extend(hints.unwrap_or_default());
    }
}

/// What is said of moves; nothing when there are so many that it begins anew.
fn hints(moves: &Moves) -> Option<Vec<Bytes>> {
    let has_room = !moves.is_part && moves.workflows.len() <= HINTS_MOST;
    has_room.then(|| {
        let each = moves.workflows.iter();
        each.map(|(id, rev)| frame::hint(*id, *rev)).collect()
    })
}

#[cfg(test)]
mod tests {
    use engine::WorkflowId;

    use super::*;

    #[test]
    fn each_move_is_a_hint_unless_there_are_very_many_or_some_are_not_known() {
        let moves = |count: usize, is_part| Moves {
            place: 1,
            workflows: (1..).map(|id| (WorkflowId(id), 7)).take(count).collect(),
            is_part,
        };
        let one = hints(&moves(1, false)).unwrap();
        assert_eq!(
            one,
            ["event: hint\ndata: {\"kind\":\"hint\",\"rev\":7,\"workflow_id\":1}\n\n"]
        );
        assert_eq!(hints(&moves(HINTS_MOST, false)).unwrap().len(), HINTS_MOST);
        assert_eq!(hints(&moves(HINTS_MOST + 1, false)), None);
        assert_eq!(hints(&moves(1, true)), None);
    }
}
