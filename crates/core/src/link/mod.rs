//! Linking: how a device that is new comes to an account, past everybody who stands between the two.
//!
//! One device shows an [`Offer`], as a QR code, a link or [letters](Token) that can be typed; the other
//! takes it. Both agree on keys ([`Half`], [`agree`]) in such an order that whoever sits between them
//! has one try, and then show the same pictures ([`Check`]). What they say afterwards goes through a
//! [`Channel`].

mod agreement;
mod channel;
mod check;
mod code;

pub use agreement::{Agreed, Commitment, Half, Opening, agree};
pub use channel::Channel;
pub use check::{Check, EMOJI, Emoji};
pub use code::Token;

use std::fmt;

use data_encoding::BASE64URL_NOPAD;

use crate::cid::Cid;
use crate::invite::is_origin;
use crate::limits::INVITE_TEXT_BYTES;
use crate::seal::SealingKey;

/// The version of an offer in its first byte.
const VERSION: u8 = 1;
/// How the text of an offer begins.
const SCHEME: &str = "effigy-link:";
/// Where an offer stands in a link: after the number sign, which never leaves the device.
const PATH: &str = "/#/link/";
const CHECK_LENGTH: usize = 4;

/// Which of the two devices one is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Side {
    /// It has no account yet.
    New,
    /// It belongs to the account.
    Old,
}

impl Side {
    const fn byte(self) -> u8 {
        match self {
            Self::New => 1,
            Self::Old => 2,
        }
    }
}

/// What one device shows to the other. There is no secret in it that lasts.
#[derive(Clone, Eq, PartialEq)]
pub struct Offer {
    /// Where the two meet: the origin of a hub.
    pub hub: String,
    /// A fresh key of who shows it.
    pub key: SealingKey,
    /// Which of the two shows it.
    pub side: Side,
    /// By which the hub knows it. Of use once, for two minutes.
    pub token: Token,
}

impl Offer {
    /// The text, as a QR code says it.
    pub fn to_text(&self) -> String {
        format!("{SCHEME}{}", self.code(&self.hub))
    }

    /// The link, to be pasted on the other device. Opened by itself it does nothing.
    pub fn to_link(&self) -> String {
        format!("{}{PATH}{}", self.hub, self.code(""))
    }

    fn code(&self, hub: &str) -> String {
        let mut bytes = vec![VERSION, self.side.byte()];
        bytes.extend_from_slice(self.key.bytes());
        bytes.extend_from_slice(self.token.bytes());
        bytes.extend_from_slice(hub.as_bytes());
        let check = Cid::of(&bytes);
        bytes.extend_from_slice(check.digest().get(..CHECK_LENGTH).unwrap_or_default());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Whether a text means to be an offer.
    pub fn is_text(text: &str) -> bool {
        let text = text.trim();
        text.starts_with(SCHEME) || text.split_once(PATH).is_some_and(|(hub, _)| is_origin(hub))
    }

    /// Reads an offer as it was scanned or pasted.
    ///
    /// # Errors
    /// When it is something else, of another version, or damaged.
    pub fn parse(text: &str) -> Result<Self, OfferError> {
        let text = text.trim();
        if text.len() > INVITE_TEXT_BYTES {
            return Err(OfferError::Foreign);
        }
        let (origin, code) = match text.strip_prefix(SCHEME) {
            Some(code) => (None, code),
            None => match text.split_once(PATH) {
                Some((origin, code)) if is_origin(origin) => (Some(origin), code),
                _ => return Err(OfferError::Foreign),
            },
        };
        let bytes = BASE64URL_NOPAD.decode(code.as_bytes()).map_err(|_| OfferError::Damaged)?;
        Self::from_bytes(&bytes, origin)
    }

    fn from_bytes(bytes: &[u8], origin: Option<&str>) -> Result<Self, OfferError> {
        let (body, check) = bytes.split_last_chunk::<CHECK_LENGTH>().ok_or(OfferError::Damaged)?;
        if Cid::of(body).digest().get(..CHECK_LENGTH) != Some(check.as_slice()) {
            return Err(OfferError::Damaged);
        }
        let (version, rest) = body.split_first().ok_or(OfferError::Damaged)?;
        if *version != VERSION {
            return Err(OfferError::OtherVersion);
        }
        let (side, rest) = rest.split_first().ok_or(OfferError::Damaged)?;
        let side = match side {
            1 => Side::New,
            2 => Side::Old,
            _ => return Err(OfferError::Damaged),
        };
        let (key, rest) = rest.split_first_chunk::<32>().ok_or(OfferError::Damaged)?;
        let (token, hub) = rest.split_first_chunk::<5>().ok_or(OfferError::Damaged)?;
        let hub = std::str::from_utf8(hub).map_err(|_| OfferError::Damaged)?;
        // A link says where it leads in front, and the code in it does not say so again.
        let hub = match origin {
            Some(origin) if hub.is_empty() => origin,
            None if is_origin(hub) => hub,
            _ => return Err(OfferError::Damaged),
        };
        let (key, token) = (SealingKey::from_bytes(*key), Token::from_bytes(*token));
        Ok(Self { hub: hub.to_owned(), key, side, token })
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Offer({:?}, {}, ..)", self.side, self.hub)
    }
}

/// Why a text is not an offer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OfferError {
    /// An offer that was cut or changed.
    #[error("the code is damaged or was not copied whole")]
    Damaged,
    /// Something else altogether.
    #[error("this is not a code for linking a device")]
    Foreign,
    /// An offer of a version that this app does not know.
    #[error("this code is from another version of Effigy")]
    OtherVersion,
}

/// Linking went wrong on the way: somebody is between the two, or one of them does not speak this.
/// Deliberately says no more.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the devices could not agree")]
pub struct LinkError;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::SealingSecret;

    fn offer(side: Side, hub: &str) -> Offer {
        let key = SealingSecret::from_bytes([7; 32]).key().unwrap();
        Offer { hub: hub.to_owned(), key, side, token: Token::from_bytes([1, 2, 3, 4, 5]) }
    }

    #[test]
    fn offers_read_back_as_text_and_as_link() {
        for side in [Side::New, Side::Old] {
            for hub in ["https://hub.example", "http://127.0.0.1:8420"] {
                let offer = offer(side, hub);
                assert_eq!(Offer::parse(&offer.to_text()), Ok(offer.clone()));
                assert!(Offer::is_text(&offer.to_link()));
                assert_eq!(Offer::parse(&format!(" {}\n", offer.to_link())), Ok(offer));
            }
        }
    }

    #[test]
    fn every_change_of_an_offer_is_noticed() {
        let text = offer(Side::New, "https://hub.example").to_text();
        for at in SCHEME.len()..text.len() {
            let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(Offer::parse(&changed), Err(OfferError::Damaged), "the letter at {at}");
            assert_eq!(Offer::parse(&text[..at]), Err(OfferError::Damaged), "cut at {at}");
        }
        for text in ["", "effigy:AQE", "https://example.org/", "javascript:x/#/link/AAAA"] {
            assert_eq!(Offer::parse(text), Err(OfferError::Foreign), "{text}");
        }
    }
}
