//! Entries made by hand, so that a test can break any rule and still sign.

use effigy_core::{Cid, Purpose, Secret};

/// The seed of the device that signs in tests.
pub(crate) const SEED: [u8; 32] = [1; 32];

/// The header and its signature, as an entry.
pub(crate) fn signed(header: &[u8]) -> Vec<u8> {
    let signature = Secret::from_seed(&SEED).sign(Purpose::Entry, header).to_string();
    [header, b"\n", signature.as_bytes()].concat()
}

/// The canonical header of a first entry, with `ext` as it is given.
pub(crate) fn header_with_ext(ext: &[u8]) -> Vec<u8> {
    let identity = Secret::from_seed(&SEED).identity();
    let synod = Secret::from_seed(&[2; 32]).identity();
    let name = Cid::of(b"anything");
    let tail = format!(
        "\"generation\":0,\"identity\":\"{identity}\",\"parents\":[],\
         \"payload\":{{\"cid\":\"{name}\",\"size\":8,\"type\":\"public_note\"}},\
         \"synod\":[\"{synod}\",\"{name}\"],\"v\":1}}"
    );
    [b"{\"comparable\":1,\"ext\":", ext, b",", tail.as_bytes()].concat()
}

/// The order of the curve's base point, from the lowest byte.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The signature with the order added to its scalar: the same equation in another spelling.
pub(crate) fn malleable(mut signature: [u8; 64]) -> [u8; 64] {
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    signature
}
