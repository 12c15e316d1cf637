//! The bugs: where each is planted, and what the code is with it.

pub struct Mutation {
    pub name: &'static str,
    pub file: &'static str,
    /// It stands in the file once.
    pub find: &'static str,
    /// `PLANTED` is true where this bug is asked for.
    pub replace: &'static str,
}

pub const MUTATIONS: [Mutation; 15] = [
    Mutation {
        name: "readers are woken before the commit",
        file: "src/committer.rs",
        find: "        match self.commit(&changes, &commands).await {",
        replace: "        if PLANTED {
            changes.iter().for_each(|change| self.publish(change));
        }
        match self.commit(&changes, &commands).await {",
    },
    Mutation {
        name: "attempts start before the commit",
        file: "src/committer.rs",
        find: "        match self.commit(&changes, &commands).await {",
        replace: "        if PLANTED {
            changes.iter().for_each(|change| self.carry_out_effects(change));
        }
        match self.commit(&changes, &commands).await {",
    },
    Mutation {
        name: "callers are answered before the commit",
        file: "src/committer.rs",
        find: "        match self.commit(&changes, &commands).await {",
        replace: "        if PLANTED {
            let members = std::mem::take(&mut batch.members).into_iter();
            let (asked, others): (Vec<_>, Vec<_>) =
                members.partition(|one| one.message.ask().is_some());
            batch.members = others;
            let mut early = Batch::default();
            early.members = asked;
            early.answered_at = batch.answered_at;
            self.answer(early);
        }
        match self.commit(&changes, &commands).await {",
    },
    Mutation {
        name: "what was answered is not kept with the batch",
        file: "src/committer.rs",
        find: "self.commit(&changes, &commands)",
        replace: "self.commit(&changes, if PLANTED { &[] } else { &commands })",
    },
    Mutation {
        name: "a batch that was not written stays in memory",
        file: "src/committer/roll_back.rs",
        find: "            self.forget(*id);",
        replace: "            if !PLANTED {
                self.forget(*id);
            }",
    },
    Mutation {
        name: "the slots of a batch that was not written stay taken",
        file: "src/committer/roll_back.rs",
        find: "            self.lanes.release(*slot);",
        replace: "            if !PLANTED {
                self.lanes.release(*slot);
            }",
    },
    Mutation {
        name: "a commit in doubt is taken for failed",
        file: "src/committer/doubt.rs",
        find: "        self.is_there(any).await.ok()",
        replace: "        if PLANTED {
            return Some(false);
        }
        self.is_there(any).await.ok()",
    },
    Mutation {
        name: "a commit in doubt is taken for written",
        file: "src/committer/doubt.rs",
        find: "        self.is_there(any).await.ok()",
        replace: "        if PLANTED {
            return Some(true);
        }
        self.is_there(any).await.ok()",
    },
    Mutation {
        name: "nothing follows from a commit that was in doubt",
        file: "src/committer/doubt.rs",
        find: "                        self.carry_out_effects(&change);",
        replace: "                        if !PLANTED {
                            self.carry_out_effects(&change);
                        }",
    },
    Mutation {
        name: "it is decided while a commit is in doubt",
        file: "src/committer/doubt.rs",
        find: "!self.health.is_away() && self.settle_doubts().await",
        replace: "!self.health.is_away() && (PLANTED || self.settle_doubts().await)",
    },
    Mutation {
        name: "a report that cannot be written is dropped",
        file: "src/committer/commit.rs",
        find: "            self.held.keep(message, self.clock.steady());",
        replace: "            if !PLANTED {
                self.held.keep(message, self.clock.steady());
            }",
    },
    Mutation {
        name: "an attempt whose report is held is taken for lost",
        file: "src/committer/take_up.rs",
        find: "!ends.contains(&(id, *task))",
        replace: "(PLANTED || !ends.contains(&(id, *task)))",
    },
    Mutation {
        name: "a double click in one batch is not seen",
        file: "src/committer/repeated.rs",
        find: "batch.remembered.get(&key_of(actor, id))",
        replace: "batch.remembered.get(&key_of(actor, id)).filter(|_| !PLANTED)",
    },
    Mutation {
        name: "what was read back is not queued again",
        file: "src/committer/load.rs",
        find: "        self.queue_again(id);",
        replace: "        if !PLANTED {
            self.queue_again(id);
        }",
    },
    Mutation {
        name: "the store writes a part of a batch",
        file: "src/store/memory.rs",
        find: "        for change in changes {",
        replace: "        for change in changes.iter().take(if PLANTED { 1 } else { usize::MAX }) {",
    },
];
