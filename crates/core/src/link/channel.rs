//! What two devices say to each other once they agree: sealed, in order, each thing once.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::LinkError;

/// Texts are padded to a multiple of this, so that a size tells little.
const BUCKET: usize = 256;

/// Both ways of a conversation. Silent when printed, wiped when dropped.
pub struct Channel {
    opens: Zeroizing<[u8; 32]>,
    /// How many were opened and sealed: each has its number, so none counts twice or in another place.
    opened: u64,
    sealed: u64,
    seals: Zeroizing<[u8; 32]>,
}

impl Channel {
    pub(super) const fn new(seals: Zeroizing<[u8; 32]>, opens: Zeroizing<[u8; 32]>) -> Self {
        Self { opens, opened: 0, sealed: 0, seals }
    }

    /// Seals the next text.
    ///
    /// # Errors
    /// When it is longer than a number can say.
    pub fn seal(&mut self, text: &[u8]) -> Result<Vec<u8>, LinkError> {
        let length = u32::try_from(text.len()).map_err(|_| LinkError)?;
        let mut padded = Zeroizing::new([length.to_be_bytes().as_slice(), text].concat());
        let room = padded.len().next_multiple_of(BUCKET);
        padded.resize(room, 0);
        let sealed = XChaCha20Poly1305::new((&*self.seals).into())
            .encrypt(&nonce(self.sealed), padded.as_slice())
            .map_err(|_| LinkError)?;
        self.sealed = self.sealed.saturating_add(1);
        Ok(sealed)
    }

    /// Opens the next text.
    ///
    /// # Errors
    /// When it was changed, came before or is missing, or is not of the other device.
    pub fn open(&mut self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, LinkError> {
        let padded = XChaCha20Poly1305::new((&*self.opens).into())
            .decrypt(&nonce(self.opened), sealed)
            .map(Zeroizing::new)
            .map_err(|_| LinkError)?;
        let (length, rest) = padded.split_first_chunk::<4>().ok_or(LinkError)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| LinkError)?;
        let text = rest.get(..length).ok_or(LinkError)?;
        self.opened = self.opened.saturating_add(1);
        Ok(Zeroizing::new(text.to_vec()))
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Channel(..)")
    }
}

/// The number of a text, from 0, in the last eight bytes.
fn nonce(number: u64) -> XNonce {
    let mut bytes = [0; 24];
    if let Some(end) = bytes.last_chunk_mut::<8>() {
        *end = number.to_be_bytes();
    }
    XNonce::from(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both() -> (Channel, Channel) {
        let keys = || (Zeroizing::new([1; 32]), Zeroizing::new([2; 32]));
        let ((a, b), (c, d)) = (keys(), keys());
        (Channel::new(a, b), Channel::new(d, c))
    }

    #[test]
    fn each_counts_once_in_its_place_and_unchanged() {
        let (mut here, mut there) = both();
        let first = here.seal(b"first").unwrap();
        let second = here.seal(b"second").unwrap();
        assert_eq!(there.open(&second).err(), Some(LinkError), "too early");
        assert_eq!(there.open(&first).as_deref().map(Vec::as_slice), Ok(&b"first"[..]));
        assert_eq!(there.open(&first).err(), Some(LinkError), "again");
        assert_eq!(here.open(&second).err(), Some(LinkError), "back to who said it");
        for at in 0..second.len() {
            let mut changed = second.clone();
            changed[at] ^= 1;
            assert_eq!(there.open(&changed).err(), Some(LinkError), "byte {at}");
            assert_eq!(there.open(&second[..at]).err(), Some(LinkError), "{at} bytes");
        }
        assert_eq!(there.open(&second).as_deref().map(Vec::as_slice), Ok(&b"second"[..]));
    }
}
