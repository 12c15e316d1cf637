//! Where somebody goes after signing in: only ever a path of this site.

use crate::paths;

/// Longer addresses are none of ours; browsers give up at headers that carry them.
const BYTES_MAX: usize = 2_000;

/// `wanted` if it is a local path, else the start page.
///
/// Browsers read `//host`, `/\host` and paths with tabs or line ends in them as other sites.
#[must_use]
pub fn local(wanted: &str) -> &str {
    let path = wanted.strip_prefix('/');
    let is_local = wanted.len() <= BYTES_MAX
        && path.is_some_and(|rest| {
            !rest.starts_with('/')
                && !wanted.contains('\\')
                && !wanted.chars().any(char::is_control)
        });
    if is_local { wanted } else { paths::HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_site_is_followed() {
        for good in ["/", "/workflows/7?step=1#step", "/a//b"] {
            assert_eq!(local(good), good);
        }
        for bad in [
            "",
            "workflows",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
            "/a\\b",
            "/\n",
            &"/long".repeat(500),
        ] {
            assert_eq!(local(bad), "/", "{bad:?}");
        }
    }
}
