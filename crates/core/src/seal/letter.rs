//! Letters: what passes through a hub to another device, signed and sealed from end to end.
//!
//! The hub sees sender, receiver and a size, and can change nothing: the signature covers all.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::{SealError, SealingKey, SealingSecret, unwrap, wrap};
use crate::canon;
use crate::cid::Cid;
use crate::identity::{Identity, Purpose, Secret, Signature};
use crate::limits::{CLOCK_AHEAD, LETTER_TEXT_BYTES};
use crate::random::Random;
use crate::time::Time;

const INFO: &[u8] = b"effigy/letter/v1";
/// Plaintexts are padded to a multiple of this, so that a size tells little.
const BUCKET: usize = 256;
/// Most bytes of a letter's text: a session description with its candidates.
const LETTER_BYTES: usize = 48 * 1024;

/// A sealed message on its way.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// Who wrote it.
    pub from: Identity,
    /// The sealed text in base64url.
    pub sealed: String,
    /// The author's signature over all the rest.
    pub signature: Signature,
    /// When it was sealed. A letter is refused when it is older or newer than ten minutes.
    pub time: u64,
    /// For whom it is.
    pub to: Identity,
}

#[derive(Serialize)]
struct Signed<'a> {
    from: Identity,
    sealed: &'a str,
    time: u64,
    to: Identity,
}

/// Seals and signs a text for one device.
///
/// # Errors
/// When the text is too long or the key is no key.
pub fn seal_letter(
    text: &[u8],
    from: &Secret,
    to: Identity,
    key: &SealingKey,
    now: Time,
    random: &mut Random,
) -> Result<Letter, SealError> {
    let length = u32::try_from(text.len()).map_err(|_| SealError)?;
    if text.len() > LETTER_BYTES {
        return Err(SealError);
    }
    let mut padded = [length.to_be_bytes().as_slice(), text].concat();
    padded.resize(padded.len().next_multiple_of(BUCKET), 0);
    let aad = binding(from.identity(), to, now.0);
    let sealed = BASE64URL_NOPAD.encode(&wrap(key, INFO, &padded, &aad, random)?);
    let mut letter = Letter {
        from: from.identity(),
        sealed,
        signature: Signature::from_bytes([0; 64]),
        time: now.0,
        to,
    };
    letter.signature = from.sign(Purpose::Message, &letter.signed()?);
    Ok(letter)
}

/// Checks and opens a letter addressed to this device.
///
/// # Errors
/// One error for every reason: not for us, too old, changed on its way, not from whom it says.
pub fn open_letter(
    letter: &Letter,
    me: Identity,
    secret: &SealingSecret,
    now: Time,
) -> Result<Vec<u8>, SealError> {
    let late = now.0.abs_diff(letter.time) > CLOCK_AHEAD.0;
    if letter.to != me || late || letter.sealed.len() > LETTER_BYTES * 2 {
        return Err(SealError);
    }
    letter
        .from
        .verify(Purpose::Message, &letter.signed()?, &letter.signature)
        .map_err(|_| SealError)?;
    let sealed = BASE64URL_NOPAD.decode(letter.sealed.as_bytes()).map_err(|_| SealError)?;
    let padded = unwrap(secret, INFO, &sealed, &binding(letter.from, me, letter.time))?;
    let (length, rest) = padded.split_first_chunk::<4>().ok_or(SealError)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| SealError)?;
    rest.get(..length).map(<[u8]>::to_vec).ok_or(SealError)
}

/// The version of a letter's text in its first byte.
const VERSION: u8 = 1;
/// How the text of a letter begins.
const SCHEME: &str = "effigy-letter:";
const CHECK_LENGTH: usize = 4;

impl Letter {
    /// The letter as a text, for people who hand it over themselves: by QR code or any messenger.
    /// `None` when it is too long for that.
    pub fn to_text(&self) -> Option<String> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(self.from.bytes());
        bytes.extend_from_slice(self.to.bytes());
        bytes.extend_from_slice(&self.time.to_be_bytes());
        bytes.extend_from_slice(self.signature.bytes());
        bytes.extend_from_slice(&BASE64URL_NOPAD.decode(self.sealed.as_bytes()).ok()?);
        let check = Cid::of(&bytes);
        bytes.extend_from_slice(check.digest().get(..CHECK_LENGTH)?);
        let text = format!("{SCHEME}{}", BASE64URL_NOPAD.encode(&bytes));
        (text.len() <= LETTER_TEXT_BYTES).then_some(text)
    }

    /// Whether a text means to be a letter.
    pub fn is_text(text: &str) -> bool {
        text.trim().starts_with(SCHEME)
    }

    /// Reads the text of a letter. Whether it is genuine shows when it is opened.
    ///
    /// # Errors
    /// When it is something else, of another version, or damaged.
    pub fn from_text(text: &str) -> Result<Self, SealError> {
        let code = text.trim().strip_prefix(SCHEME).ok_or(SealError)?;
        if code.len() > LETTER_TEXT_BYTES {
            return Err(SealError);
        }
        let bytes = BASE64URL_NOPAD.decode(code.as_bytes()).map_err(|_| SealError)?;
        let (body, check) = bytes.split_last_chunk::<CHECK_LENGTH>().ok_or(SealError)?;
        if Cid::of(body).digest().get(..CHECK_LENGTH) != Some(check.as_slice()) {
            return Err(SealError);
        }
        let (version, rest) = body.split_first().ok_or(SealError)?;
        if *version != VERSION {
            return Err(SealError);
        }
        let (from, rest) = rest.split_first_chunk::<32>().ok_or(SealError)?;
        let (to, rest) = rest.split_first_chunk::<32>().ok_or(SealError)?;
        let (time, rest) = rest.split_first_chunk::<8>().ok_or(SealError)?;
        let (signature, sealed) = rest.split_first_chunk::<64>().ok_or(SealError)?;
        Ok(Self {
            from: Identity::from_bytes(*from),
            sealed: BASE64URL_NOPAD.encode(sealed),
            signature: Signature::from_bytes(*signature),
            time: u64::from_be_bytes(*time),
            to: Identity::from_bytes(*to),
        })
    }

    fn signed(&self) -> Result<Vec<u8>, SealError> {
        let signed = Signed { from: self.from, sealed: &self.sealed, time: self.time, to: self.to };
        canon::write(&signed).map_err(|_| SealError)
    }
}

fn binding(from: Identity, to: Identity, time: u64) -> Vec<u8> {
    [from.bytes().as_slice(), to.bytes(), &time.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_opens_once_it_arrives_unchanged_and_not_otherwise() {
        let (ana, ben) = (Secret::from_seed(&[1; 32]), Secret::from_seed(&[2; 32]));
        let seal = SealingSecret::from_bytes([3; 32]);
        let mut random = Random::seeded([4; 32]);
        let letter = seal_letter(
            b"hello",
            &ana,
            ben.identity(),
            &seal.key().unwrap(),
            Time(1_000_000),
            &mut random,
        )
        .unwrap();
        let open = |letter: &Letter, now| open_letter(letter, ben.identity(), &seal, Time(now));
        assert_eq!(open(&letter, 1_000_100), Ok(b"hello".to_vec()));
        assert_eq!(open(&letter, 2_000_000), Err(SealError));
        let from = Letter { from: ben.identity(), ..letter.clone() };
        let to = Letter { to: ana.identity(), ..letter.clone() };
        let time = Letter { time: 1_000_001, ..letter.clone() };
        let sealed =
            Letter { sealed: letter.sealed.replacen(&letter.sealed[9..10], "-", 1), ..letter };
        for changed in [from, to, time, sealed] {
            assert_eq!(open(&changed, 1_000_100), Err(SealError));
        }
    }
    #[test]
    fn a_letter_is_a_text_and_back_and_nothing_else_is() {
        let (ana, ben) = (Secret::from_seed(&[1; 32]), Secret::from_seed(&[2; 32]));
        let key = SealingSecret::from_bytes([3; 32]).key().unwrap();
        let mut random = Random::seeded([4; 32]);
        let mut sealed = |text: &[u8]| {
            seal_letter(text, &ana, ben.identity(), &key, Time(1_000_000), &mut random).unwrap()
        };
        let letter = sealed(b"hello");
        let text = letter.to_text().unwrap();
        assert!(Letter::is_text(&format!(" {text}\n")));
        assert_eq!(Letter::from_text(&format!(" {text}\n")), Ok(letter));
        for at in SCHEME.len()..text.len() {
            let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(Letter::from_text(&changed), Err(SealError), "the letter at {at}");
            assert_eq!(Letter::from_text(&text[..at]), Err(SealError), "cut at {at}");
        }
        assert_eq!(Letter::from_text("effigy:AQE"), Err(SealError));
        assert_eq!(sealed(&[7; 4_000]).to_text(), None, "nobody scans that");
    }
}
