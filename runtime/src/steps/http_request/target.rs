//! Where a call goes, checked before anything is sent.

use std::net::IpAddr;

use url::{Host, ParseError, Url};

use super::address::is_public;
use crate::step::SharedSwitches;

/// Reads the URL of a step and refuses what may not be called now.
pub(super) fn parse(text: &str, switches: &SharedSwitches) -> Result<Url, String> {
    let url = read(text)?;
    check(&url, switches)?;
    Ok(url)
}

/// Reads the URL of a step; white space around it does not count. Whether its address may be
/// called is another question.
pub(super) fn read(text: &str) -> Result<Url, String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        // They would be left out without a word.
        return Err("must not hold control characters such as line ends".to_owned());
    }
    let url = Url::parse(text).map_err(|fault| match fault {
        ParseError::RelativeUrlWithoutBase => {
            "must be a whole address such as https://example.com/".to_owned()
        }
        fault => format!(
            "must be a whole address such as https://example.com/; this cannot be read: {fault}"
        ),
    })?;
    callable(&url)?;
    Ok(url)
}

/// Refuses what may not be called; a host's name is judged when its addresses are known.
pub(super) fn check(url: &Url, switches: &SharedSwitches) -> Result<(), String> {
    callable(url)?;
    // However it was spelt (decimal, octal, hexadecimal, short), the URL holds the address.
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(_)) | None => return Ok(()),
    };
    if is_public(address) || switches.get().private_addresses {
        return Ok(());
    }
    Err(refusal(address))
}

/// Refuses what no step can ever call.
fn callable(url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "only http and https can be called, not {}",
            url.scheme()
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL must not hold a name or password; use a header".to_owned());
    }
    if url.host().is_none() {
        return Err("the URL names no host".to_owned());
    }
    Ok(())
}

/// The sentence for an address that may not be called.
pub(super) fn refusal(address: IpAddr) -> String {
    format!(
        "{address} is not a public address; an owner can allow HTTP steps to call private and \
         local addresses"
    )
}

/// The URL for logs and errors, without what may be secret: a redirect may bring a password along,
/// and a query a token.
pub(super) fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_fragment(None);
    // Neither fails for http and https, and nothing else is ever called.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    if shown.query().is_some() {
        shown.set_query(Some("…"));
        return shown.as_str().replace("%E2%80%A6", "…");
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_local_address_is_refused() {
        let switches = SharedSwitches::default();
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://0x7f.1:8080/",
            "http://127.0.0.1./",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://[0:0:0:0:0:ffff:127.0.0.1]/",
            "http://１２７.0.0.1/",
            "http://169.254.169.254/latest/meta-data",
            "https://[64:ff9b::a00:1]/",
            "http://0/",
        ] {
            let refusal = parse(url, &switches).unwrap_err();
            assert!(
                refusal.contains("is not a public address"),
                "{url}: {refusal}"
            );
        }
    }

    #[test]
    fn other_schemes_and_credentials_are_refused() {
        let switches = SharedSwitches::default();
        for url in [
            "file:///etc/passwd",
            "ftp://example.com/",
            "gopher://example.com/",
            "/x",
            "",
        ] {
            assert!(parse(url, &switches).is_err(), "{url}");
        }
        for url in ["http://user@example.com/", "http://:secret@example.com/"] {
            let refusal = parse(url, &switches).unwrap_err();
            assert!(refusal.contains("name or password") && !refusal.contains("secret"));
        }
        assert!(parse("https://example.com/", &switches).is_ok());
    }

    #[test]
    fn a_password_and_a_query_are_not_shown() {
        let url = Url::parse("https://me:secret@example.com/a?token=secret#x").unwrap();
        assert_eq!(shown(&url), "https://example.com/a?…");
    }
}
