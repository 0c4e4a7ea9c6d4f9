//! What of a connection's description the other side cannot know: everything else of a data channel is
//! always the same, and a code that somebody scans has room for little.

use data_encoding::{BASE64URL_NOPAD, HEXUPPER};
use serde::{Deserialize, Serialize};

/// Most addresses that are told, and most bytes of one.
const CANDIDATES: usize = 6;
const CANDIDATE: usize = 160;
/// Words of a candidate up to its kind (RFC 8839, 5.1).
const CANDIDATE_WORDS: usize = 8;
/// Bytes of the names and passwords of ICE (RFC 8839, 5.4).
const USER: std::ops::RangeInclusive<usize> = 4..=256;
const PASSWORD: std::ops::RangeInclusive<usize> = 22..=256;

/// One end of a connection.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::node) struct Description {
    /// Addresses at which it may be reached, as lines of candidates up to their kind.
    pub candidates: Vec<String>,
    /// The SHA-256 of its certificate, in base64url.
    pub fingerprint: String,
    /// The password of ICE.
    pub password: String,
    /// The user's name of ICE.
    pub user: String,
}

impl std::fmt::Debug for Description {
    /// Addresses and passwords are not printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Description(..)")
    }
}

impl Description {
    /// Reads what a browser wrote (SDP). `None` where something is missing.
    pub(super) fn read(sdp: &str) -> Option<Self> {
        let value = |name: &str| {
            sdp.lines().find_map(|line| line.trim_end().strip_prefix(name)).map(str::to_owned)
        };
        let digest = value("a=fingerprint:sha-256 ")?.replace(':', "").to_ascii_uppercase();
        let found = Self {
            candidates: Vec::new(),
            fingerprint: BASE64URL_NOPAD.encode(&HEXUPPER.decode(digest.as_bytes()).ok()?),
            password: value("a=ice-pwd:")?,
            user: value("a=ice-ufrag:")?,
        };
        found.digest().is_some().then_some(found)
    }

    /// Notes an address, as a browser wrote it. Only those over UDP are of use, and only so many.
    pub(super) fn note(&mut self, candidate: &str) {
        let words: Vec<&str> = candidate.split_ascii_whitespace().take(CANDIDATE_WORDS).collect();
        let line = words.join(" ");
        if self.candidates.len() < CANDIDATES && is_candidate(&line) {
            self.candidates.push(line);
        }
    }

    /// Whether everything in it is what it should be. It is written into a text of lines.
    pub(super) fn is_sound(&self) -> bool {
        let is_ice = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
        };
        USER.contains(&self.user.len())
            && PASSWORD.contains(&self.password.len())
            && is_ice(&self.user)
            && is_ice(&self.password)
            && self.digest().is_some()
            && self.candidates.len() <= CANDIDATES
            && self.candidates.iter().all(|candidate| is_candidate(candidate))
    }

    /// The description as a browser takes it; `None` when something in it is not sound.
    pub(super) fn write(&self, answer: bool) -> Option<String> {
        let digest = self.digest().filter(|_| self.is_sound())?;
        let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        let setup = if answer { "active" } else { "actpass" };
        Some(format!(
            "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
             m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
             a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=ice-options:trickle\r\n\
             a=fingerprint:sha-256 {}\r\na=setup:{setup}\r\na=mid:0\r\na=sctp-port:5000\r\n\
             a=max-message-size:262144\r\n",
            self.user,
            self.password,
            pairs.join(":"),
        ))
    }

    fn digest(&self) -> Option<[u8; 32]> {
        BASE64URL_NOPAD.decode(self.fingerprint.as_bytes()).ok()?.try_into().ok()
    }
}

/// Whether a line is an address over UDP that a browser could have written.
fn is_candidate(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" :.-+/".contains(&byte);
    line.len() <= CANDIDATE
        && line.bytes().all(allowed)
        && words.len() == CANDIDATE_WORDS
        && words.first().is_some_and(|word| word.starts_with("candidate:"))
        && words.get(2).is_some_and(|word| word.eq_ignore_ascii_case("udp"))
        && words.get(6) == Some(&"typ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OFFER: &str = "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
        a=msid-semantic: WMS\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
        a=ice-ufrag:k1Yy\r\na=ice-pwd:0123456789abcdefghijkl+/\r\na=ice-options:trickle\r\n\
        a=fingerprint:sha-256 AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:ab\r\n\
        a=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n";
    const HOST: &str = "candidate:842163049 1 udp 2122260223 192.168.1.7 54400 typ host";

    #[test]
    fn what_matters_survives() {
        let mut description = Description::read(OFFER).unwrap();
        description.note(&format!("{HOST} generation 0 ufrag k1Yy network-id 1"));
        description.note("candidate:1 1 tcp 1518280447 192.168.1.7 9 typ host tcptype active");
        description.note("candidate:2 1 udp 1 3f1c-9.local 5000 typ host generation 0");
        let expected = [HOST, "candidate:2 1 udp 1 3f1c-9.local 5000 typ host"];
        assert_eq!(description.candidates, expected);
        for answer in [false, true] {
            let written = description.write(answer).unwrap();
            let again = Description::read(&written).unwrap();
            assert_eq!(
                Description { candidates: description.candidates.clone(), ..again },
                description
            );
        }
        for _ in 0..20 {
            description.note(HOST);
        }
        assert_eq!(description.candidates.len(), CANDIDATES);
        assert!(description.is_sound());
    }

    #[test]
    fn nobody_writes_lines_of_their_own() {
        let good = Description::read(OFFER).unwrap();
        let line = "x\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111";
        let with = |change: fn(&mut Description, String)| {
            let mut bad = good.clone();
            change(&mut bad, format!("{line}0123456789012345678901"));
            bad
        };
        for bad in [
            with(|bad, text| bad.user = text),
            with(|bad, text| bad.password = text),
            with(|bad, text| bad.fingerprint = text),
            with(|bad, text| bad.candidates = vec![format!("{HOST}{text}")]),
            with(|bad, _| bad.user = "abc".to_owned()),
            with(|bad, _| bad.candidates = vec![HOST.to_owned(); 7]),
            with(|bad, _| bad.candidates = vec![format!("{HOST} extra")]),
        ] {
            assert_eq!(bad.write(false), None, "{bad:?}");
        }
        for cut in 0..OFFER.len() {
            let read = Description::read(&OFFER[..cut]);
            assert!(read.is_none() || cut > OFFER.find("a=setup").unwrap() - 3);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not(text in any::<String>(), candidate in any::<String>()) {
            let mut read = Description::read(&format!("{OFFER}{text}")).unwrap();
            read.note(&candidate);
            prop_assert!(read.is_sound());
            let _ = Description::read(&text);
        }
    }
}
