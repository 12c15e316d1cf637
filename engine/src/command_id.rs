//! The id that a caller gives to a command: the same id has one effect and the same answer. It is
//! opaque to us, but it has to fit into a header, a form and a row.

/// Most bytes of one.
pub const LENGTH_MAX: usize = 200;

/// What one has to be, after "must be".
pub const RULE: &str = "1 to 200 visible ASCII characters without spaces";

/// Whether it can be one.
#[must_use]
pub fn is_usable(id: &str) -> bool {
    !id.is_empty() && id.len() <= LENGTH_MAX && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_plain_and_short() {
        assert!(is_usable("019a-7c.start:1"));
        assert!(is_usable(&"a".repeat(LENGTH_MAX)));
        for bad in ["", "two words", "ä", "tab\t", &"a".repeat(LENGTH_MAX + 1)] {
            assert!(!is_usable(bad), "{bad}");
        }
    }
}
