//! What a QR code says: whom to follow, where to meet, and the secret that makes it mutual.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq;

use crate::cid::Cid;
use crate::identity::Identity;
use crate::limits::{INVITE_TEXT_BYTES, ORIGIN_BYTES};
use crate::link::Offer;

/// The version of the code in its first byte.
const VERSION: u8 = 1;
/// What the code is for, in its second byte: an invite to follow one another.
const KIND_INVITE: u8 = 1;
/// Where a code stands in a link: after the number sign, which never leaves the device.
const PATH: &str = "/#/invite/";
/// How a code begins where there is no link.
const SCHEME: &str = "effigy:";
const CHECK_LENGTH: usize = 4;

/// An invitation to follow one another.
#[derive(Clone, Eq, PartialEq)]
pub struct Invite {
    /// Where both can meet: the origin of a hub, `https://…`; absent for people who use none.
    pub hub: Option<String>,
    /// The person who invites.
    pub synod: Identity,
    /// Proves that the code was seen. Whoever shows it is followed back.
    pub token: Token,
}

impl Invite {
    /// The short text, to be sent by any means.
    pub fn to_text(&self) -> String {
        format!("{SCHEME}{}", self.code())
    }

    /// The link, opened by any browser; or the short text where there is no hub.
    pub fn to_link(&self) -> String {
        self.hub.as_ref().map_or_else(
            || self.to_text(),
            |hub| format!("{hub}{PATH}{}", Self { hub: None, ..self.clone() }.code()),
        )
    }

    fn code(&self) -> String {
        let mut bytes = vec![VERSION, KIND_INVITE];
        bytes.extend_from_slice(self.synod.bytes());
        bytes.extend_from_slice(&self.token.0);
        bytes.extend_from_slice(self.hub.as_deref().unwrap_or_default().as_bytes());
        let check = Cid::of(&bytes);
        bytes.extend_from_slice(check.digest().get(..CHECK_LENGTH).unwrap_or_default());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a link or a short text, as scanned, pasted or opened.
    ///
    /// # Errors
    /// When it is something else, of another version, or damaged.
    pub fn parse(text: &str) -> Result<Self, InviteError> {
        let text = text.trim();
        if text.len() > INVITE_TEXT_BYTES {
            return Err(InviteError::Foreign);
        }
        if Offer::is_text(text) {
            return Err(InviteError::OtherUse);
        }
        let (origin, code) = if let Some(code) = text.strip_prefix(SCHEME) {
            (None, code)
        } else {
            let (origin, code) = text.split_once(PATH).ok_or(InviteError::Foreign)?;
            if !is_origin(origin) {
                return Err(InviteError::Foreign);
            }
            (Some(origin.to_owned()), code)
        };
        let bytes = BASE64URL_NOPAD.decode(code.as_bytes()).map_err(|_| InviteError::Damaged)?;
        Self::from_bytes(&bytes, origin)
    }

    fn from_bytes(bytes: &[u8], origin: Option<String>) -> Result<Self, InviteError> {
        match bytes {
            [] | [_] => return Err(InviteError::Damaged),
            [VERSION, KIND_INVITE, ..] => (),
            [VERSION, ..] => return Err(InviteError::OtherUse),
            [_, ..] => return Err(InviteError::OtherVersion),
        }
        let (body, check) = bytes
            .len()
            .checked_sub(CHECK_LENGTH)
            .and_then(|at| bytes.split_at_checked(at))
            .ok_or(InviteError::Damaged)?;
        if Cid::of(body).digest().get(..CHECK_LENGTH) != Some(check) {
            return Err(InviteError::Damaged);
        }
        let rest = body.get(2..).unwrap_or_default();
        let (synod, rest) = rest.split_first_chunk::<32>().ok_or(InviteError::Damaged)?;
        let (token, hub) = rest.split_first_chunk::<16>().ok_or(InviteError::Damaged)?;
        let hub = std::str::from_utf8(hub).map_err(|_| InviteError::Damaged)?;
        if !hub.is_empty() && !is_origin(hub) {
            return Err(InviteError::Damaged);
        }
        let hub = origin.or_else(|| (!hub.is_empty()).then(|| hub.to_owned()));
        let synod = Identity::from_bytes(*synod);
        synod.verifier().map_err(|_| InviteError::Damaged)?;
        Ok(Self { hub, synod, token: Token(*token) })
    }
}

impl fmt::Debug for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invite({:?}, ..)", self.synod)
    }
}

/// Whether a text is an origin of the web: `http` or `https`, a host, perhaps a port, nothing more.
pub fn is_origin(text: &str) -> bool {
    let Some(host) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    text.len() <= ORIGIN_BYTES && !host.is_empty() && host.bytes().all(allowed)
}

/// The secret of an invite: 128 random bits. Silent when printed.
#[derive(Clone, Copy)]
pub struct Token(pub [u8; 16]);

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Why a text is not an invite.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InviteError {
    /// An Effigy code that was cut or changed.
    #[error("the code is damaged or was not copied whole")]
    Damaged,
    /// Something else altogether.
    #[error("this is not an Effigy code")]
    Foreign,
    /// An Effigy code for another use, such as linking a device.
    #[error("this code is for something else than adding a person")]
    OtherUse,
    /// A code of a version that this app does not know.
    #[error("this code is from another version of Effigy")]
    OtherVersion,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Secret;

    fn invite(hub: Option<&str>) -> Invite {
        let synod = Secret::from_seed(&[9; 32]).identity();
        Invite { hub: hub.map(str::to_owned), synod, token: Token([5; 16]) }
    }

    #[test]
    fn texts_and_links_read_back() {
        for hub in [None, Some("https://hub.example"), Some("http://127.0.0.1:8420")] {
            let invite = invite(hub);
            assert_eq!(Invite::parse(&invite.to_text()), Ok(invite.clone()));
            assert_eq!(Invite::parse(&format!(" {}\n", invite.to_link())), Ok(invite));
        }
    }

    #[test]
    fn each_mistake_has_its_name() {
        let text = invite(None).to_text();
        for (text, fault) in [
            ("https://example.org/", InviteError::Foreign),
            ("WIFI:S:x;;", InviteError::Foreign),
            ("javascript:x/#/invite/AAAA", InviteError::Foreign),
            (&text[..text.len() - 2], InviteError::Damaged),
            (&text.replace(&text[20..22], "__"), InviteError::Damaged),
            ("effigy:AgEB", InviteError::OtherVersion),
            ("effigy:AQIB", InviteError::OtherUse),
            ("effigy-link:AQE", InviteError::OtherUse),
            ("https://hub.example/#/link/AQE", InviteError::OtherUse),
            ("effigy:", InviteError::Damaged),
        ] {
            assert_eq!(Invite::parse(text), Err(fault), "{text}");
        }
    }
}
