//! What the id of a command is kept under. A token may be called like a person, and its ids are its
//! own: the kind of actor stands before the id, with a space that no id holds
//! ([`engine::command_id`]), so that no key is the id of another command.

use engine::ActorKind;

/// What the id that such an actor gave is kept under.
#[must_use]
pub fn of(kind: ActorKind, id: &str) -> String {
    format!("{} {id}", kind.as_str())
}

/// What versions that did not tell kinds of actors apart kept the same command under: the id alone.
#[must_use]
pub fn older(key: &str) -> &str {
    parts(key).1
}

/// The word for the kind of actor, unless such a version kept it, and the id.
#[must_use]
pub fn parts(key: &str) -> (Option<&str>, &str) {
    match key.split_once(' ') {
        Some((kind, id)) => (Some(kind), id),
        None => (None, key),
    }
}
