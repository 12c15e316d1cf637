//! What the engine says in its log of the ways it takes when the store fails, counted.

use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::faulty::Met;

/// How each way begins its sentence, and what it is called here. All of them have to be met.
pub const WAYS: [(&str, &str); 6] = [
    ("a batch was written although", "written nevertheless"),
    ("whether a batch was written is not known", "in doubt"),
    ("a batch in doubt was written", "in doubt and written"),
    ("a batch could not be written", "rolled back"),
    ("what an attempt reported is held", "report held"),
    ("a workflow is put into quarantine", "put aside"),
];

/// Counts them.
pub struct Told(pub Met);

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            // A text takes whatever is written into it.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

impl Subscriber for Told {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("runtime")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message::default();
        event.record(&mut message);
        for (beginning, way) in WAYS {
            if message.0.starts_with(beginning) {
                self.0.note(way);
            }
        }
        if std::env::var_os("FAULT_SEED").is_some() {
            println!("{}", message.0);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
