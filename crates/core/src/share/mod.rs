//! Shares: the root of an account in the hands of friends, of whom some together bring it back.
//!
//! The entropy behind the words is [divided](divide) into a *set* of shares, one for each friend. As many
//! as the set needs give all of it, one fewer nothing at all. What is rebuilt is compared with the
//! account's name, so that nobody comes back as somebody else.

mod gathering;
mod plea;
mod scheme;

pub use gathering::Gathering;
pub use plea::Plea;

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::cid::Cid;
use crate::identity::Identity;
use crate::limits::{SHARE_TEXT_BYTES, SHARES_LEAST, SHARES_MOST, SHARES_NEEDED_LEAST};
use crate::mnemonic::Words;
use crate::random::Random;
use crate::seal::{SealingKey, SealingSecret, unwrap, wrap};
use crate::time::Time;

/// The version of a share in its first byte.
const VERSION: u8 = 1;
/// How the text of a share begins that is sealed for who comes back.
const SCHEME: &str = "effigy-share:";
const CHECK_LENGTH: usize = 4;

/// By which shares of one set know each other: 128 random bits, in base64url.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SetId(pub [u8; 16]);

impl fmt::Display for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SetId({self})")
    }
}

impl Serialize for SetId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SetId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        let set = bytes.try_into().map_err(|_| serde::de::Error::custom("a set has 16 bytes"))?;
        Ok(Self(set))
    }
}

/// For what a share is sealed: what is sealed for one opens as nothing else.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum For {
    /// To be kept by a friend's device.
    Keeping,
    /// To be given to the device of who comes back.
    Returning,
}

impl For {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::Keeping => b"effigy/share-kept/v1",
            Self::Returning => b"effigy/share-given/v1",
        }
    }
}

/// One of the shares of a set. Silent about its value when printed, wiped when dropped.
#[derive(Clone, Eq, PartialEq)]
pub struct Share {
    /// When the set was made. Of two sets of an account the later one counts.
    pub made: Time,
    /// How many shares of the set are needed.
    pub need: u8,
    /// Which of the set it is, from 1.
    pub number: u8,
    /// How many there are in the set.
    pub of: u8,
    /// The set.
    pub set: SetId,
    /// Whose account it is.
    pub synod: Identity,
    value: Zeroizing<Vec<u8>>,
}

/// Divides the root of an account into a set of shares.
///
/// # Errors
/// `Count` when a set cannot have so many shares, or need so many of them.
pub fn divide(
    words: &Words,
    need: u8,
    of: u8,
    made: Time,
    random: &mut Random,
) -> Result<Vec<Share>, ShareError> {
    check_counts(need, of, 1).map_err(|_| ShareError::Count)?;
    let set = SetId(random.bytes());
    let synod = words.root_sign().identity();
    let values = scheme::divide(&words.entropy(), need, of, random).ok_or(ShareError::Count)?;
    let shares = values.into_iter().map(|(number, value)| Share {
        made,
        need,
        number,
        of,
        set,
        synod,
        value,
    });
    Ok(shares.collect())
}

/// Whether a set may have so many shares and need so many of them, and this is a number of one.
fn check_counts(need: u8, of: u8, number: u8) -> Result<(), ShareError> {
    let is_set = (SHARES_LEAST..=SHARES_MOST).contains(&usize::from(of));
    let is_need = usize::from(need) >= SHARES_NEEDED_LEAST && need <= of;
    let is_number = (1..=of).contains(&number);
    if is_set && is_need && is_number { Ok(()) } else { Err(ShareError::Damaged) }
}

impl Share {
    /// Whether both are of one set.
    fn is_of_set(&self, other: &Self) -> bool {
        let set = |share: &Self| (share.synod, share.set, share.made, share.need, share.of);
        set(self) == set(other)
    }

    /// The bytes: version, account, set, when it was made, how many are needed, how many there are, which
    /// one it is, the value, and a check of all that.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // At once as long as it gets: what grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(128));
        bytes.push(VERSION);
        bytes.extend_from_slice(self.synod.bytes());
        bytes.extend_from_slice(&self.set.0);
        bytes.extend_from_slice(&self.made.0.to_be_bytes());
        bytes.extend_from_slice(&[self.need, self.of, self.number]);
        bytes.extend_from_slice(&self.value);
        let check = check_of(&bytes);
        bytes.extend_from_slice(&check);
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// `Damaged`, or `OtherVersion`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShareError> {
        let rest = checked(bytes)?;
        let (synod, rest) = rest.split_first_chunk::<32>().ok_or(ShareError::Damaged)?;
        let (set, rest) = rest.split_first_chunk::<16>().ok_or(ShareError::Damaged)?;
        let (made, rest) = rest.split_first_chunk::<8>().ok_or(ShareError::Damaged)?;
        let ([need, of, number], value) =
            rest.split_first_chunk::<3>().ok_or(ShareError::Damaged)?;
        check_counts(*need, *of, *number)?;
        if !matches!(value.len(), 16 | 32) {
            return Err(ShareError::Damaged);
        }
        Ok(Self {
            made: Time(u64::from_be_bytes(*made)),
            need: *need,
            number: *number,
            of: *of,
            set: SetId(*set),
            synod: Identity::from_bytes(*synod),
            value: Zeroizing::new(value.to_vec()),
        })
    }

    /// Seals it.
    ///
    /// # Errors
    /// When the key is none.
    pub fn seal(
        &self,
        key: &SealingKey,
        purpose: For,
        random: &mut Random,
    ) -> Result<Vec<u8>, ShareError> {
        wrap(key, purpose.info(), &self.to_bytes(), &[], random).map_err(|_| ShareError::Sealed)
    }

    /// Opens what was sealed.
    ///
    /// # Errors
    /// `Sealed` when it is for somebody or something else; `Damaged` and `OtherVersion` when it was sealed as
    /// something that is no share.
    pub fn open(sealed: &[u8], secret: &SealingSecret, purpose: For) -> Result<Self, ShareError> {
        let bytes = unwrap(secret, purpose.info(), sealed, &[]).map_err(|_| ShareError::Sealed)?;
        Self::from_bytes(&bytes)
    }

    /// Seals it for who comes back, as a text: to be scanned or pasted there.
    ///
    /// # Errors
    /// When the plea has no key.
    pub fn give(&self, plea: &Plea, random: &mut Random) -> Result<String, ShareError> {
        let sealed = self.seal(plea.key(), For::Returning, random)?;
        Ok(to_text(SCHEME, &sealed))
    }

    /// Opens such a text.
    ///
    /// # Errors
    /// When it is something else, damaged, of another version, or not for this plea.
    fn taken(text: &str, secret: &SealingSecret) -> Result<Self, ShareError> {
        let bytes = from_text(SCHEME, text)?;
        Self::open(checked(&bytes)?, secret, For::Returning)
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { need, number, of, set, synod, .. } = self;
        write!(f, "Share({number} of {of}, {need} needed, {set:?} of {synod:?}, ..)")
    }
}

/// Whether a text means to be a share.
pub fn is_text(text: &str) -> bool {
    text.trim().starts_with(SCHEME)
}

/// A text of some content: a version in front, a check behind.
fn to_text(scheme: &str, content: &[u8]) -> String {
    let mut bytes = [&[VERSION], content].concat();
    bytes.extend_from_slice(&check_of(&bytes));
    format!("{scheme}{}", BASE64URL_NOPAD.encode(&bytes))
}

fn from_text(scheme: &str, text: &str) -> Result<Vec<u8>, ShareError> {
    let code = text.trim().strip_prefix(scheme).ok_or(ShareError::Foreign)?;
    if text.len() > SHARE_TEXT_BYTES {
        return Err(ShareError::Foreign);
    }
    BASE64URL_NOPAD.decode(code.as_bytes()).map_err(|_| ShareError::Damaged)
}

/// What stands between the version and the check.
fn checked(bytes: &[u8]) -> Result<&[u8], ShareError> {
    let (body, check) = bytes.split_last_chunk::<CHECK_LENGTH>().ok_or(ShareError::Damaged)?;
    if check_of(body) != *check {
        return Err(ShareError::Damaged);
    }
    match body.split_first() {
        Some((&VERSION, content)) => Ok(content),
        Some(_) => Err(ShareError::OtherVersion),
        None => Err(ShareError::Damaged),
    }
}

fn check_of(bytes: &[u8]) -> [u8; CHECK_LENGTH] {
    Cid::of(bytes).digest().first_chunk().copied().unwrap_or_default()
}

/// Why a share is of no use. Nothing changes then.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// A set cannot have so many shares, or need so many of them.
    #[error("a set has 3 to 10 shares and needs at least 2 of them")]
    Count,
    /// It was cut or changed.
    #[error("the code is damaged or was not copied whole")]
    Damaged,
    /// Something else altogether.
    #[error("this is not the code of a share")]
    Foreign,
    /// It is a share of another account than those that are here.
    #[error("this share is of another account")]
    OtherAccount,
    /// It is a share of another set than those that are here.
    #[error("this share is of another set")]
    OtherSet,
    /// It is of a version that this app does not know.
    #[error("this code is from another version of Effigy")]
    OtherVersion,
    /// It was sealed for another device, or for another use.
    #[error("this share was sealed for another device")]
    Sealed,
    /// There are not as many as are needed.
    #[error("there are not enough shares")]
    TooFew,
    /// There are as many as are taken.
    #[error("there are too many shares")]
    TooMany,
    /// It is here already.
    #[error("this share is here already")]
    Twice,
    /// There are enough, and no account of that name follows from them: one of them is false.
    #[error("one of the shares is false")]
    Wrong,
}

#[cfg(test)]
mod tests;
