//! Slices, seen so that the library names what is in them: where it looks for names it passes over
//! what is sliced, and looks only at the bounds.

use super::bounds;

/// A bracket that is open.
struct Open {
    /// Its byte.
    at: usize,
    is_square: bool,
    /// The bytes of the colons directly in it, each with whether something stands before it.
    colons: Vec<(usize, bool)>,
}

/// The expression with each slice `a[b:c]` as the place `a[[b,c]]`, which has the same names; none
/// when there is no slice. It is only for looking at: its value is another.
pub(super) fn as_places(source: &str) -> Option<String> {
    let mut open: Vec<Open> = Vec::new();
    // What stands instead of the byte at this place.
    let mut changes: Vec<(usize, &'static str)> = Vec::new();
    let mut before = "";
    for (at, word) in bounds::words(source) {
        match word {
            "[" | "(" | "{" => open.push(Open {
                at,
                is_square: word == "[",
                colons: Vec::new(),
            }),
            ":" => {
                if let Some(innermost) = open.last_mut() {
                    innermost.colons.push((at, !matches!(before, "[" | ":")));
                }
            }
            "]" | ")" | "}" => {
                if let Some(slice) = open.pop().filter(|o| o.is_square && !o.colons.is_empty()) {
                    changes.push((slice.at, "[["));
                    changes.push((at, "]]"));
                    let comma = |filled| if filled { "," } else { "0," };
                    let colons = slice.colons.iter();
                    changes.extend(colons.map(|&(at, filled)| (at, comma(filled))));
                }
            }
            _ => {}
        }
        before = word;
    }
    if changes.is_empty() {
        return None;
    }
    changes.sort_unstable_by_key(|(at, _)| *at);
    let mut seen = String::with_capacity(source.len() + changes.len());
    let mut rest = 0;
    for (at, instead) in changes {
        seen.push_str(&source[rest..at]);
        seen.push_str(instead);
        rest = at + 1;
    }
    seen.push_str(&source[rest..]);
    Some(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slice_becomes_a_place_and_nothing_else_changes() {
        for (source, seen) in [
            ("a[1:2]", Some("a[[1,2]]")),
            ("a[:]", Some("a[[0,]]")),
            ("a[::-1].b", Some("a[[0,0,-1]].b")),
            ("a[b[1:]:c]", Some("a[[b[[1,]],c]]")),
            ("[1, {'x:': a[:2]}]", Some("[1, {'x:': a[[0,2]]}]")),
            ("a[{1: 2}[1]] | d(':')", None),
            ("{'a': [1]}", None),
        ] {
            assert_eq!(as_places(source).as_deref(), seen, "{source}");
        }
    }
}
