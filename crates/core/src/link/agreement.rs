//! How two devices agree on keys past a hub that may be against them.
//!
//! Who shows the offer first says only the hash of their half ([`Commitment`]). Then the other says
//! theirs, and only then the first is opened. So whoever sits between the two has to choose what they
//! say to each before they know what the other will say: what both then look at is the same in one of
//! 2^42 tries, and there is one try.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Channel, Check, LinkError, Side, Token};
use crate::random::Random;
use crate::seal::{SealingKey, SealingSecret};

const COMMITMENT: &[u8] = b"effigy/link-commitment/v1\0";
const TRANSCRIPT: &[u8] = b"effigy/link/v1\0";
const SALT: &[u8] = b"effigy/link/v1";

/// A half of an agreement: a fresh key and a random number, used once.
#[derive(Clone)]
pub struct Half {
    opening: Opening,
    secret: SealingSecret,
}

impl Half {
    /// A fresh one.
    ///
    /// # Errors
    /// Never for a working generator.
    pub fn draw(random: &mut Random) -> Result<Self, LinkError> {
        Self::new(SealingSecret::from_bytes(random.bytes()), random.bytes())
    }

    /// The half of this secret and this number.
    ///
    /// # Errors
    /// Never for 32 bytes.
    pub fn new(secret: SealingSecret, nonce: [u8; 32]) -> Result<Self, LinkError> {
        let key = secret.key().map_err(|_| LinkError)?;
        Ok(Self { opening: Opening { key, nonce }, secret })
    }

    /// What is said of it in the end.
    pub const fn opening(&self) -> &Opening {
        &self.opening
    }
}

impl fmt::Debug for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Half(..)")
    }
}

/// What a half says in the end: 64 bytes in base64url, its key and its number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opening {
    key: SealingKey,
    nonce: [u8; 32],
}

impl Opening {
    /// The key.
    pub const fn key(&self) -> &SealingKey {
        &self.key
    }

    /// The hash by which it is promised before it is said.
    pub fn commitment(&self) -> Commitment {
        let mut hash = Sha256::new();
        hash.update(COMMITMENT);
        hash.update(self.bytes());
        Commitment(hash.finalize().into())
    }

    /// Its bytes: the key, then the number.
    pub fn bytes(&self) -> Vec<u8> {
        [self.key.bytes().as_slice(), &self.nonce].concat()
    }

    /// The opening with these bytes.
    ///
    /// # Errors
    /// When they are not 64.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LinkError> {
        let (key, nonce) = bytes.split_first_chunk::<32>().ok_or(LinkError)?;
        let nonce = nonce.try_into().map_err(|_| LinkError)?;
        Ok(Self { key: SealingKey::from_bytes(*key), nonce })
    }
}

/// A promise of an opening: its hash, in base64url.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// The hash.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether this is what was promised.
    pub fn is_of(&self, opening: &Opening) -> bool {
        self.0.ct_eq(&opening.commitment().0).into()
    }
}

/// What both hold once they agree.
#[derive(Debug)]
pub struct Agreed {
    /// For what they say from here on.
    pub channel: Channel,
    /// What both people compare.
    pub check: Check,
}

/// Comes to an agreement, on either device.
///
/// `shower` is the side whose device showed the offer, `mine` the own half, `commitment` and `shown` what
/// the one who showed it promised and then opened, `taken` what the other said in between.
///
/// # Errors
/// When the promise was not kept, or a key is none.
pub fn agree(
    shower: Side,
    token: &Token,
    mine: &Half,
    commitment: &Commitment,
    shown: &Opening,
    taken: &Opening,
) -> Result<Agreed, LinkError> {
    if !commitment.is_of(shown) {
        return Err(LinkError);
    }
    let shows = mine.opening == *shown;
    // Somebody who says what was said to them agrees with nobody.
    if shown.key == taken.key || !(shows || mine.opening == *taken) {
        return Err(LinkError);
    }
    let theirs = if shows { taken } else { shown };
    let shared = mine.secret.agree(&theirs.key).map_err(|_| LinkError)?;
    let transcript = transcript(shower, token, commitment, shown, taken);
    let check = check_of(&shared, &transcript)?;
    let (by_shower, by_taker) = (
        expand::<32>(&shared, b"shower", &transcript)?,
        expand::<32>(&shared, b"taker", &transcript)?,
    );
    let channel =
        if shows { Channel::new(by_shower, by_taker) } else { Channel::new(by_taker, by_shower) };
    Ok(Agreed { channel, check })
}

/// The hash of all that was said.
fn transcript(
    shower: Side,
    token: &Token,
    commitment: &Commitment,
    shown: &Opening,
    taken: &Opening,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(TRANSCRIPT);
    hash.update([shower.byte()]);
    hash.update(token.bytes());
    hash.update(commitment.0);
    hash.update(shown.bytes());
    hash.update(taken.bytes());
    hash.finalize().into()
}

fn check_of(shared: &[u8; 32], transcript: &[u8; 32]) -> Result<Check, LinkError> {
    let emoji = expand::<6>(shared, b"emoji", transcript)?;
    let number = expand::<8>(shared, b"number", transcript)?;
    Ok(Check::new(*emoji, u64::from_be_bytes(*number)))
}

fn expand<const N: usize>(
    shared: &[u8; 32],
    label: &[u8],
    transcript: &[u8; 32],
) -> Result<Zeroizing<[u8; N]>, LinkError> {
    let mut bytes = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(Some(SALT), shared)
        .expand_multi_info(&[label, transcript], bytes.as_mut())
        .map_err(|_| LinkError)?;
    Ok(bytes)
}

macro_rules! in_base64url {
    ($($name:ident),+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&BASE64URL_NOPAD.encode(self.bytes().as_ref()))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
                let bytes = bytes.map_err(serde::de::Error::custom)?;
                Self::from_bytes(&bytes).map_err(serde::de::Error::custom)
            }
        }
    )+};
}

in_base64url!(Commitment, Opening);

impl Commitment {
    /// The commitment with these bytes.
    ///
    /// # Errors
    /// When they are not 32.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LinkError> {
        bytes.try_into().map(Self).map_err(|_| LinkError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Token = Token::from_bytes([1, 2, 3, 4, 5]);
    /// So often somebody in the middle tries.
    const TRIES: usize = 100_000;

    /// What people see, without the number: half the work, and there is much of it.
    fn emoji(shared: &[u8; 32], transcript: &[u8; 32]) -> [u8; 7] {
        Check::new(*expand::<6>(shared, b"emoji", transcript).unwrap(), 0).emoji()
    }

    fn half(random: &mut Random) -> Half {
        Half::draw(random).unwrap()
    }

    /// Another number for the same half: all that somebody has to change to get other pictures.
    fn again(half: &Half, random: &mut Random) -> Half {
        let opening = Opening { nonce: random.bytes(), ..half.opening.clone() };
        Half { opening, secret: half.secret.clone() }
    }

    #[test]
    fn both_see_the_same_and_understand_each_other() {
        let mut random = Random::seeded([1; 32]);
        for shower in [Side::New, Side::Old] {
            let (a, b) = (half(&mut random), half(&mut random));
            let promise = a.opening().commitment();
            let both = (a.opening(), b.opening());
            let mut at_a = agree(shower, &TOKEN, &a, &promise, both.0, both.1).unwrap();
            let mut at_b = agree(shower, &TOKEN, &b, &promise, both.0, both.1).unwrap();
            assert_eq!(at_a.check, at_b.check);
            for text in [&b"one"[..], b"", &[7; 2_000]] {
                let sealed = at_a.channel.seal(text).unwrap();
                assert_eq!(at_b.channel.open(&sealed).unwrap().as_slice(), text);
                let sealed = at_b.channel.seal(text).unwrap();
                assert_eq!(at_a.channel.open(&sealed).unwrap().as_slice(), text);
            }
        }
    }

    #[test]
    fn whatever_differs_is_seen() {
        let mut random = Random::seeded([2; 32]);
        let (a, b) = (half(&mut random), half(&mut random));
        let promise = a.opening().commitment();
        let (shown, taken) = (a.opening(), b.opening());
        let check = |side, token: &Token| {
            agree(side, token, &b, &promise, shown, taken).unwrap().check.emoji()
        };
        let seen = check(Side::New, &TOKEN);
        assert_ne!(seen, check(Side::Old, &TOKEN));
        assert_ne!(seen, check(Side::New, &Token::from_bytes([1, 2, 3, 4, 6])));
        // A promise that was not kept, a mirror, a half that is not one's own, keys that are none.
        let other = half(&mut random);
        let broken = agree(Side::New, &TOKEN, &b, &promise, other.opening(), taken);
        assert_eq!(broken.err(), Some(LinkError));
        assert!(agree(Side::New, &TOKEN, &a, &promise, shown, shown).is_err());
        assert!(agree(Side::New, &TOKEN, &other, &promise, shown, taken).is_err());
        for weak in [[0; 32], {
            let mut one = [0; 32];
            one[0] = 1;
            one
        }] {
            let weak = Opening { key: SealingKey::from_bytes(weak), nonce: [0; 32] };
            assert!(agree(Side::New, &TOKEN, &b, &weak.commitment(), &weak, taken).is_err());
            assert!(agree(Side::New, &TOKEN, &a, &promise, shown, &weak).is_err());
        }
    }

    /// Somebody between the two, who speaks to each with a half of their own. `accepts` is how who took
    /// the offer looks at what is opened to them. Tells how often the first `count` pictures were alike.
    fn middle(accepts: impl Fn(&Commitment, &Opening) -> bool, count: usize) -> usize {
        let mut random = Random::seeded([3; 32]);
        let (ana, laptop) = (half(&mut random), half(&mut random));
        let (to_laptop, to_ana) = (half(&mut random), half(&mut random));
        // Promised before the laptop has said anything.
        let promise = to_laptop.opening().commitment();
        // Ana has opened hers by now: all that Ana will see is settled.
        let ana_promise = ana.opening().commitment();
        let at_ana = transcript(Side::New, &TOKEN, &ana_promise, ana.opening(), to_ana.opening());
        let ana_shares = ana.secret.agree(&to_ana.opening().key).unwrap();
        let seen = emoji(&ana_shares, &at_ana);
        let laptop_shares = laptop.secret.agree(&to_laptop.opening().key).unwrap();
        let alike = (0..TRIES).filter(|_| {
            let opened = again(&to_laptop, &mut random);
            let opening = opened.opening();
            accepts(&promise, opening) && {
                let said = transcript(Side::New, &TOKEN, &promise, opening, laptop.opening());
                let check = emoji(&laptop_shares, &said);
                check.iter().zip(&seen).take(count).all(|(here, there)| here == there)
            }
        });
        alike.count()
    }

    #[test]
    fn nobody_in_the_middle_gets_the_same_pictures() {
        assert_eq!(middle(Commitment::is_of, 1), 0, "a promise is kept or linking ends");
        // The test is tested: where promises are not looked at, tries are free, and so many of them
        // come to the same first pictures.
        assert!(middle(|_, _| true, 2) > 5, "without a promise it is a matter of trying");
    }

    #[test]
    fn who_keeps_their_promises_has_one_try_and_it_is_in_vain() {
        let mut random = Random::seeded([4; 32]);
        let (ana, laptop) = (half(&mut random), half(&mut random));
        let (one, two) = (half(&mut random), half(&mut random));
        let shared =
            [&ana.secret, &laptop.secret].map(|secret| secret.agree(one.opening().key()).unwrap());
        let alike = (0..TRIES).filter(|_| {
            let (ana, laptop) = (again(&ana, &mut random), again(&laptop, &mut random));
            let (one, two) = (again(&one, &mut random), again(&two, &mut random));
            let promises = (ana.opening().commitment(), one.opening().commitment());
            let at_ana = transcript(Side::New, &TOKEN, &promises.0, ana.opening(), two.opening());
            let at_laptop =
                transcript(Side::New, &TOKEN, &promises.1, one.opening(), laptop.opening());
            let seen = [&at_ana, &at_laptop].into_iter().zip(&shared);
            let mut seen = seen.map(|(said, shared)| emoji(shared, said));
            seen.next() == seen.next()
        });
        assert_eq!(alike.count(), 0);
    }
}
