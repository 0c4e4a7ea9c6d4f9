//! The letters by which a hub knows an offer, for people who have no camera.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::LinkError;
use crate::cid::Cid;
use crate::random::Random;

/// Digits and letters without those that are taken for others (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many of them say the token; one more shows whether they were typed right.
const TOKEN_LETTERS: usize = 8;
/// What that one follows from.
const CHECK: &[u8] = b"effigy/link-code/v1\0";
/// Most bytes of a text that is read at all.
const TEXT_BYTES: usize = 64;

/// By which a hub knows an offer: 40 random bits, of use once and for two minutes. Written as nine
/// letters in groups of three. Whoever learns it can come to the meeting, and is found out there.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Token([u8; 5]);

impl Token {
    /// A fresh one.
    pub fn draw(random: &mut Random) -> Self {
        Self(random.bytes())
    }

    /// The token with these bytes.
    pub const fn from_bytes(bytes: [u8; 5]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; 5] {
        &self.0
    }

    /// The letters, as they are shown: `XXX-XXX-XXX`.
    pub fn to_letters(&self) -> String {
        let [a, b, c, d, e] = self.0;
        let number = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
        let mut letters = String::with_capacity(TOKEN_LETTERS.saturating_add(3));
        for place in 0..TOKEN_LETTERS {
            if place > 0 && place.is_multiple_of(3) {
                letters.push('-');
            }
            let left = TOKEN_LETTERS.saturating_sub(place).saturating_sub(1);
            let value = number.checked_shr(u32::try_from(left.saturating_mul(5)).unwrap_or(0));
            letters.push(letter(value.unwrap_or(0)));
        }
        letters.push(self.check());
        letters
    }

    /// The ninth letter.
    fn check(&self) -> char {
        let sum = Cid::of(&[CHECK, self.0.as_slice()].concat());
        letter(sum.digest().first().copied().unwrap_or_default().into())
    }
}

impl FromStr for Token {
    type Err = LinkError;

    /// Reads letters as people type them: in any case, with or without spaces and hyphens between, O
    /// for 0, I and L for 1.
    fn from_str(text: &str) -> Result<Self, LinkError> {
        if text.len() > TEXT_BYTES {
            return Err(LinkError);
        }
        let typed = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
        let values: Vec<u64> = typed.map(value).collect::<Option<_>>().ok_or(LinkError)?;
        let (check, token) = values.split_last().ok_or(LinkError)?;
        if token.len() != TOKEN_LETTERS {
            return Err(LinkError);
        }
        let number = token.iter().fold(0_u64, |number, value| (number << 5) | value);
        let [0, 0, 0, a, b, c, d, e] = number.to_be_bytes() else { return Err(LinkError) };
        let token = Self([a, b, c, d, e]);
        if token.check() == letter(*check) { Ok(token) } else { Err(LinkError) }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// In messages: its bytes in base64url.
impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        bytes.try_into().map(Self).map_err(|_| serde::de::Error::custom(LinkError))
    }
}

/// The letter of the lowest five bits.
fn letter(value: u64) -> char {
    let place = usize::try_from(value & 31).unwrap_or_default();
    LETTERS.get(place).map_or('0', |letter| char::from(*letter))
}

fn value(letter: char) -> Option<u64> {
    let letter = match letter.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let letter = u8::try_from(letter).ok()?;
    let place = LETTERS.iter().position(|known| *known == letter)?;
    u64::try_from(place).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_read_back_however_they_are_typed() {
        let mut random = Random::seeded([1; 32]);
        for _ in 0..200 {
            let token = Token::draw(&mut random);
            let letters = token.to_letters();
            assert_eq!(letters.len(), 11, "{letters}");
            let typed = letters.to_lowercase().replace('-', "  ").replace('0', "o");
            for text in
                [letters.clone(), letters.replace('-', ""), typed, letters.replace('1', "l")]
            {
                assert_eq!(text.parse(), Ok(token), "{text}");
            }
        }
    }

    #[test]
    fn what_was_typed_wrong_is_nearly_always_noticed() {
        let letters = Token::from_bytes([9, 8, 7, 6, 5]).to_letters();
        let (mut tried, mut passed) = (0, 0);
        for at in (0..letters.len()).filter(|at| letters.as_bytes()[*at] != b'-') {
            for other in LETTERS.iter().map(|letter| char::from(*letter)) {
                let changed = format!("{}{other}{}", &letters[..at], &letters[at + 1..]);
                if changed != letters {
                    tried += 1;
                    passed += usize::from(changed.parse::<Token>().is_ok());
                }
            }
        }
        assert!(passed * 16 < tried, "{passed} of {tried}");
        for text in ["", "ABC", "ABC-DEF-GHU", "ABCDEFGH", "ABC-DEF-GHJ-K", "Ä"] {
            assert_eq!(text.parse::<Token>(), Err(LinkError), "{text}");
        }
        assert_eq!("A".repeat(65).parse::<Token>(), Err(LinkError));
    }
}
