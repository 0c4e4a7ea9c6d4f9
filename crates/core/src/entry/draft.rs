//! From what a person wants to say to a signed entry.

use super::parse::{assemble, bounds};
use super::{Entry, EntryError, Header, PayloadRef};
use crate::canon;
use crate::cid::Cid;
use crate::identity::{Identity, Purpose, Secret};
use crate::limits::{JSON_INTEGER, PAYLOAD_BYTES};
use crate::time::Time;

/// An entry before it is signed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The clock of the newest parent; 0 without one.
    pub after: u64,
    /// Which writing of the feed.
    pub generation: u64,
    /// Whose feed.
    pub identity: Identity,
    /// The payload's kind.
    pub kind: String,
    /// The heads of the feed.
    pub parents: Vec<Cid>,
    /// The payload's bytes.
    pub payload: Vec<u8>,
    /// The author's synod and its head; absent on the synod's own feed.
    pub synod: Option<(Identity, Cid)>,
}

impl Draft {
    /// The clock that an entry made now gets: the wall clock, or just past its parents.
    pub const fn comparable(&self, now: Time) -> u64 {
        let next = self.after.saturating_add(1);
        if now.0 > next { now.0 } else { next }
    }

    /// Signs the draft.
    ///
    /// # Errors
    /// When it would break a bound of the protocol. Nothing was signed then.
    pub fn sign(mut self, secret: &Secret, now: Time) -> Result<Entry, DraftError> {
        if self.payload.len() > PAYLOAD_BYTES {
            return Err(DraftError::TooLong { size: self.payload.len() });
        }
        let comparable = self.comparable(now);
        if comparable > JSON_INTEGER {
            return Err(DraftError::Entry(EntryError::Clock));
        }
        self.parents.sort_unstable();
        self.parents.dedup();
        let signer = secret.identity();
        let header = Header {
            comparable,
            ext: None,
            generation: self.generation,
            identity: self.identity,
            parents: self.parents,
            payload: PayloadRef {
                cid: Cid::of(&self.payload),
                kind: self.kind,
                size: self.payload.len() as u64,
            },
            signer: (signer != self.identity).then_some(signer),
            synod: self.synod,
            v: 1,
        };
        bounds(&header).map_err(DraftError::Entry)?;
        let header_bytes =
            canon::write(&header).map_err(|error| DraftError::Entry(EntryError::Json(error)))?;
        let signature = secret.sign(Purpose::Entry, &header_bytes);
        let bytes = [&header_bytes, b"\n".as_slice(), signature.to_string().as_bytes()].concat();
        Ok(assemble(&bytes, &header_bytes, header))
    }
}

/// Why a draft was not signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// It would not be a valid entry.
    #[error("{0}")]
    Entry(#[source] EntryError),
    /// The payload is longer than the protocol carries.
    #[error("{size} bytes are more than a payload may have")]
    TooLong {
        /// How many bytes there were.
        size: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::SignatureError;

    fn draft() -> Draft {
        let secret = Secret::from_seed(&[1; 32]);
        Draft {
            after: 5,
            generation: 0,
            identity: secret.identity(),
            kind: "public_note".to_owned(),
            parents: vec![Cid::of(b"b"), Cid::of(b"a")],
            payload: b"{\"text\":\"hi\",\"type\":\"public_note\"}".to_vec(),
            synod: Some((Secret::from_seed(&[2; 32]).identity(), Cid::of(b"head"))),
        }
    }

    #[test]
    fn a_signed_draft_reads_back() {
        let entry = draft().sign(&Secret::from_seed(&[1; 32]), Time(3)).unwrap();
        assert_eq!(entry.header().comparable, 6);
        assert_eq!(Entry::parse(entry.bytes()), Ok(entry));
    }

    #[test]
    fn every_flipped_byte_is_refused() {
        let entry = draft().sign(&Secret::from_seed(&[1; 32]), Time(3)).unwrap();
        for index in 0..entry.bytes().len() {
            let mut bytes = entry.bytes().to_vec();
            bytes[index] ^= 1;
            assert!(Entry::parse(&bytes).is_err(), "byte {index}");
        }
    }

    #[test]
    fn another_signature_of_the_same_header_is_the_same_entry_by_digest() {
        let secret = Secret::from_seed(&[1; 32]);
        let entry = draft().sign(&secret, Time(3)).unwrap();
        assert_ne!(entry.id(), entry.digest());
        let forged =
            [entry.bytes().split(|&b| b == b'\n').next().unwrap(), b"\n", &[b'A'; 86]].concat();
        assert_eq!(Entry::parse(&forged), Err(EntryError::Signature(SignatureError::Mismatch)));
    }
}
