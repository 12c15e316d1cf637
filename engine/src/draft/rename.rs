//! References follow the key they name: `{{ steps.old.output }}` becomes `{{ steps.new.output }}`, and
//! so do conditions, which are expressions without braces.

use std::collections::{HashMap, HashSet};

use super::DefinitionDraft;
use crate::definition::key;

/// Old keys, each with the new one.
type Renamed = HashMap<String, String>;

impl DefinitionDraft {
    /// Writes references anew wherever the key of their step changed. While a key is doubled or
    /// cannot be written (one types it letter by letter), references keep the last good one.
    pub(super) fn follow_keys(&mut self) {
        let renamed = self.renamed();
        if renamed.is_empty() {
            return;
        }
        for step in &mut self.steps {
            for text in step.config.values_mut().chain(step.kept.values_mut()) {
                if let Some(anew) = rewritten(text, &renamed) {
                    *text = anew;
                }
            }
            if let Some(anew) = rewritten_expression(&step.condition, &renamed) {
                step.condition = anew;
            }
        }
    }

    /// Notes the keys that steps are known by from now on; gives those that changed.
    fn renamed(&mut self) -> Renamed {
        let keys = self.keys();
        let mut seen = HashSet::new();
        let doubled: HashSet<_> = keys.iter().filter(|key| !seen.insert(*key)).collect();
        // A key that a step still goes by, because its new one cannot be used yet, is not free.
        let held: HashSet<String> = self
            .steps
            .iter()
            .zip(&keys)
            .filter(|(_, key)| doubled.contains(key) || !key::is_valid(key))
            .map(|(step, _)| step.known_as.clone())
            .collect();
        let mut renamed = Renamed::new();
        for (step, key) in self.steps.iter_mut().zip(&keys) {
            let is_usable = key::is_valid(key) && !doubled.contains(key) && !held.contains(key);
            if !is_usable || step.known_as == *key {
                continue;
            }
            let old = std::mem::replace(&mut step.known_as, key.clone());
            if !old.is_empty() {
                renamed.insert(old, key.clone());
            }
        }
        renamed
    }
}

/// The text with its references written anew; none when nothing changes.
fn rewritten(text: &str, renamed: &Renamed) -> Option<String> {
    let mut anew = Anew::of(text, renamed);
    let mut scan = Scan { text, at: 0 };
    while scan.opens() {
        anew.follow(&mut scan);
    }
    anew.finish()
}

/// A whole expression with the keys in it written anew; none when nothing changes.
fn rewritten_expression(text: &str, renamed: &Renamed) -> Option<String> {
    let mut anew = Anew::of(text, renamed);
    let mut scan = Scan { text, at: 0 };
    // Two braces that close objects end nothing here.
    while !scan.rest().is_empty() {
        anew.follow(&mut scan);
    }
    anew.finish()
}

/// A text as it is written anew.
struct Anew<'a> {
    text: &'a str,
    renamed: &'a Renamed,
    out: String,
    copied: usize,
}

impl<'a> Anew<'a> {
    const fn of(text: &'a str, renamed: &'a Renamed) -> Self {
        Self {
            text,
            renamed,
            out: String::new(),
            copied: 0,
        }
    }

    /// Writes the keys of one expression.
    fn follow(&mut self, scan: &mut Scan<'_>) {
        while let Some((from, to)) = scan.next_key() {
            if let Some(new) = self.renamed.get(&self.text[from..to]) {
                self.out.push_str(&self.text[self.copied..from]);
                self.out.push_str(new);
                self.copied = to;
            }
        }
    }

    fn finish(mut self) -> Option<String> {
        (self.copied > 0).then(|| {
            self.out.push_str(&self.text[self.copied..]);
            self.out
        })
    }
}

/// A walk over the expressions of a text. It stops only at ASCII, so it never cuts a letter.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes behind the next two opening braces.
    fn opens(&mut self) -> bool {
        match self.rest().find("{{") {
            Some(found) => {
                self.at += found + 2;
                true
            }
            None => false,
        }
    }

    /// Goes on to the next key inside the expression; none at its end.
    fn next_key(&mut self) -> Option<(usize, usize)> {
        loop {
            if self.takes("}}") {
                return None;
            }
            if let Some(quote) = self.quote() {
                self.skip_quoted(quote);
                continue;
            }
            let word = self.word();
            if word > 0 {
                let from = self.at;
                self.at += word;
                let is_root = !self.text[..from].ends_with('.');
                if is_root
                    && &self.text[from..self.at] == "steps"
                    && let Some(key) = self.key()
                {
                    return Some(key);
                }
                continue;
            }
            self.at += self.rest().chars().next()?.len_utf8();
        }
    }

    /// The key behind `steps`: `.name` or `['name']`.
    fn key(&mut self) -> Option<(usize, usize)> {
        self.skip_blanks();
        if self.takes(".") {
            self.skip_blanks();
            let from = self.at;
            self.at += self.word();
            return Some((from, self.at));
        }
        if self.takes("[") {
            self.skip_blanks();
            let quote = self.quote()?;
            let from = self.at + quote.len();
            self.skip_quoted(quote);
            return Some((from, self.at.saturating_sub(quote.len()).max(from)));
        }
        None
    }

    /// How long the word is that begins here.
    fn word(&self) -> usize {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let rest = self.rest();
        rest.find(|c| !is_part(c)).unwrap_or(rest.len())
    }

    /// The quote that opens here; inside JSON a double one has a backslash.
    fn quote(&self) -> Option<&'static str> {
        let quotes = ["\\\"", "\"", "'"];
        quotes.into_iter().find(|q| self.rest().starts_with(q))
    }

    /// Goes behind the closing quote, or to the end.
    fn skip_quoted(&mut self, quote: &str) {
        self.at += quote.len();
        while let Some(next) = self.rest().chars().next() {
            if self.takes(quote) {
                return;
            }
            self.at += next.len_utf8();
            if next == '\\' {
                self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            }
        }
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, what: &str) -> bool {
        let found = self.rest().starts_with(what);
        if found {
            self.at += what.len();
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::StepDraft;
    use super::*;

    fn renamed(text: &str) -> String {
        let map = [("a", "b"), ("b", "c"), ("long_one", "x")];
        let map = map.map(|(old, new)| (old.to_owned(), new.to_owned()));
        rewritten(text, &map.into()).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn each_way_to_write_a_reference_follows_its_key() {
        for (before, after) in [
            ("{{ steps.a.output }}", "{{ steps.b.output }}"),
            ("{{steps.long_one}}", "{{steps.x}}"),
            (
                "{{ steps['a'].output['a'] }}",
                "{{ steps['b'].output['a'] }}",
            ),
            (
                "{{ steps [ \"a\" ].output }}",
                "{{ steps [ \"b\" ].output }}",
            ),
            (
                r#"{"n": "{{ steps[\"a\"].n }}"}"#,
                r#"{"n": "{{ steps[\"b\"].n }}"}"#,
            ),
            (
                "ä{{ steps.a.n + steps.b.n }}{{ steps.a.n }}",
                "ä{{ steps.b.n + steps.c.n }}{{ steps.b.n }}",
            ),
            (
                "{{ (steps.a.n | default(0)) > 3 }}",
                "{{ (steps.b.n | default(0)) > 3 }}",
            ),
        ] {
            assert_eq!(renamed(before), after);
        }
    }

    #[test]
    fn what_only_looks_like_a_reference_stays() {
        for text in [
            "steps.a.output",
            "{{ 'steps.a.output' }}",
            "{{ '}} steps.a' }} steps.a",
            "{{ parameters.steps.a }}",
            "{{ my_steps.a }}",
            "{{ steps.ab.output }}",
            "{{ steps",
            "{{ steps['a",
            "{{ 'ä\\",
        ] {
            assert_eq!(renamed(text), text);
        }
    }

    #[test]
    fn a_condition_is_an_expression_from_its_first_letter() {
        let map = Renamed::from([("a".to_owned(), "b".to_owned())]);
        for (before, after) in [
            ("steps.a.output.n > 0", Some("steps.b.output.n > 0")),
            (
                "{'x': {'y': 1}} == steps['a'].output",
                Some("{'x': {'y': 1}} == steps['b'].output"),
            ),
            ("'steps.a.output' == parameters.steps.a", None),
            ("ä steps.ab", None),
        ] {
            assert_eq!(rewritten_expression(before, &map).as_deref(), after);
        }
        let mut draft = draft(["one", "two"]);
        "steps.one.output.n > 0".clone_into(&mut draft.steps[1].condition);
        "first".clone_into(&mut draft.steps[0].key);
        draft.follow_keys();
        assert_eq!(draft.steps[1].condition, "steps.first.output.n > 0");
    }

    fn draft(keys: [&str; 2]) -> DefinitionDraft {
        let mut draft = DefinitionDraft::default();
        for key in keys {
            let mut step = StepDraft::new(key, "shell");
            key.clone_into(&mut step.key);
            draft.steps.push(step);
        }
        draft.follow_keys();
        draft
    }

    #[test]
    fn references_wait_while_a_key_is_typed_that_cannot_be_used() {
        let mut draft = draft(["val", "validate"]);
        let reference = "{{ steps.val.output }}".to_owned();
        draft.steps[1].config.insert("args".into(), reference);
        for (typed, expected) in [
            ("vali", "{{ steps.vali.output }}"),
            ("Vali", "{{ steps.vali.output }}"),
            ("validate", "{{ steps.vali.output }}"),
            ("validate_it", "{{ steps.validate_it.output }}"),
        ] {
            typed.clone_into(&mut draft.steps[0].key);
            draft.follow_keys();
            assert_eq!(draft.steps[1].field("args"), expected, "typed {typed}");
        }
    }

    #[test]
    fn a_key_that_somebody_else_is_still_known_by_is_not_taken_over() {
        let mut draft = draft(["one", "two"]);
        draft.steps.push(StepDraft::new("Three", "shell"));
        draft.follow_keys();
        let texts = "{{ steps.one.n }} {{ steps.three.n }}";
        draft.steps[1].config.insert("args".into(), texts.into());
        "two".clone_into(&mut draft.steps[0].key);
        "one".clone_into(&mut draft.steps[2].key);
        draft.follow_keys();
        assert_eq!(draft.steps[1].field("args"), texts);
    }
}
