//! What is read from a session description: what it offers, and to which certificate it binds.

/// Most bytes of a description. Those of one data channel have less than two thousand.
const DESCRIPTION_BYTES: usize = 16 * 1024;
/// A digest of 32 bytes as two letters each, with colons between.
const SHA_256_LETTERS: usize = 32 * 3 - 1;

/// Whether a description asks for one data channel and nothing else. Whoever sent it could
/// otherwise have us negotiate media.
pub(crate) fn is_plain(description: &str) -> bool {
    let mut media = description.lines().filter(|line| line.starts_with("m="));
    description.len() <= DESCRIPTION_BYTES
        && media.next().is_some_and(|line| line.starts_with("m=application "))
        && media.next().is_none()
}

/// The fingerprint of the certificate in a description, as `sha-256 AB:CD:…`; `None` when there is
/// none, or more than one. The browser connects with no other certificate.
pub(crate) fn fingerprint(description: &str) -> Option<String> {
    let mut found = None;
    for line in description.lines() {
        let Some(value) = line.trim_end().strip_prefix("a=fingerprint:") else { continue };
        let (algorithm, digest) = value.split_once(' ')?;
        if !algorithm.eq_ignore_ascii_case("sha-256") || !is_digest(digest) {
            return None;
        }
        let fingerprint = format!("sha-256 {}", digest.to_ascii_uppercase());
        match &found {
            Some(earlier) if *earlier != fingerprint => return None,
            _ => found = Some(fingerprint),
        }
    }
    found
}

fn is_digest(text: &str) -> bool {
    text.len() == SHA_256_LETTERS
        && text
            .split(':')
            .all(|pair| pair.len() == 2 && pair.bytes().all(|letter| letter.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn described(lines: &[&str]) -> String {
        format!("v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n{}", lines.join("\r\n"))
    }

    fn digest(pair: &str) -> String {
        [pair; 32].join(":")
    }

    #[test]
    fn one_fingerprint_is_found_however_it_is_spelled() {
        let line = format!("a=fingerprint:SHA-256 {}", digest("ab"));
        let expected = Some(format!("sha-256 {}", digest("AB")));
        assert_eq!(fingerprint(&described(&[&line])), expected);
        assert_eq!(fingerprint(&described(&[&line, &line, ""])), expected);
    }

    #[test]
    fn no_fingerprint_or_two_bind_to_nothing() {
        let one = format!("a=fingerprint:sha-256 {}", digest("AB"));
        let other = format!("a=fingerprint:sha-256 {}", digest("AC"));
        assert_eq!(fingerprint(&described(&[])), None);
        assert_eq!(fingerprint(&described(&[&one, &other])), None);
        for bad in ["a=fingerprint:", "a=fingerprint:sha-1 AB", "a=fingerprint:sha-256 AB:CD"] {
            assert_eq!(fingerprint(&described(&[bad])), None, "{bad}");
        }
        let odd = format!("a=fingerprint:sha-256 {}", digest("AG"));
        assert_eq!(fingerprint(&described(&[&odd])), None);
    }

    #[test]
    fn only_a_data_channel_is_taken() {
        assert!(is_plain(&described(&[])));
        assert!(!is_plain(&described(&["m=audio 9 UDP/TLS/RTP/SAVPF 111"])));
        assert!(!is_plain("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96"));
        assert!(!is_plain("v=0"));
        assert!(!is_plain(&described(&[&"a".repeat(DESCRIPTION_BYTES)])));
    }
}
