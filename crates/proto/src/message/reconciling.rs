//! Binary frames of reconciliation: after four zero bytes, where a piece of a blob has the number of
//! its request, and that is never 0.
//!
//! ```text
//! 00000000 | kind | request, 4 bytes | 1: root, 16 bytes | skip, 2 bytes | symbols, 11 bytes each
//!                                    | 2: short names, 8 bytes each
//!                                    | 3: full hashes, 32 bytes each
//!                                    | 4: a message of negentropy
//! ```

use effigy_core::Cid;
use effigy_core::limits::MESSAGE_BYTES;

use super::{Garbage, Message};
use crate::reconcile::{Root, SYMBOLS, Symbol};

/// What begins every frame that is no piece of a blob.
const BEGIN: [u8; 4] = [0; 4];

const SKETCH: u8 = 1;
const DIFFERENCES: u8 = 2;
const STATES: u8 = 3;
const NEGENTROPY: u8 = 4;

impl Message {
    /// The message as a binary frame, if it is one of reconciliation.
    pub(super) fn encode_reconciling(&self) -> Option<Vec<u8>> {
        let (kind, request, rest) = match self {
            Self::Differences { missing, request } => {
                (DIFFERENCES, request, missing.iter().flat_map(|n| n.to_be_bytes()).collect())
            }
            Self::Negentropy { bytes, request } => (NEGENTROPY, request, bytes.clone()),
            Self::Sketch { request, root, skip, symbols } => {
                let symbols = symbols.iter().flat_map(|symbol| symbol.to_bytes());
                let head = root.0.into_iter().chain(skip.to_be_bytes());
                (SKETCH, request, head.chain(symbols).collect::<Vec<u8>>())
            }
            Self::States { request, states } => {
                (STATES, request, states.iter().flat_map(|state| *state.digest()).collect())
            }
            _ => return None,
        };
        Some([BEGIN.as_slice(), &[kind], request.to_be_bytes().as_slice(), &rest].concat())
    }

    /// Reads a frame of reconciliation; `None` where it is none.
    pub(super) fn decode_reconciling(frame: &[u8]) -> Option<Result<Self, Garbage>> {
        frame.strip_prefix(&BEGIN).map(decode)
    }
}

fn decode(frame: &[u8]) -> Result<Message, Garbage> {
    if frame.len() > MESSAGE_BYTES {
        return Err(Garbage::TooLong);
    }
    let (kind, rest) = frame.split_first().ok_or(Garbage::Cut)?;
    let (request, rest) = rest.split_first_chunk().ok_or(Garbage::Cut)?;
    let request = u32::from_be_bytes(*request);
    match *kind {
        SKETCH => {
            let (root, rest) = rest.split_first_chunk().ok_or(Garbage::Cut)?;
            let (skip, rest) = rest.split_first_chunk().ok_or(Garbage::Cut)?;
            let skip = u16::from_be_bytes(*skip);
            let symbols = items(rest)?.iter().map(Symbol::from_bytes).collect();
            Ok(Message::Sketch { request, root: Root(*root), skip, symbols })
        }
        DIFFERENCES => {
            let missing = items(rest)?.iter().map(|bytes| u64::from_be_bytes(*bytes)).collect();
            Ok(Message::Differences { missing, request })
        }
        STATES => {
            let states = items(rest)?.iter().map(|bytes| Cid::from_digest(*bytes)).collect();
            Ok(Message::States { request, states })
        }
        NEGENTROPY => Ok(Message::Negentropy { bytes: rest.to_vec(), request }),
        _ => Err(Garbage::Kind),
    }
}

/// Items of one length, without a rest, and no more than a sketch has symbols.
fn items<const N: usize>(bytes: &[u8]) -> Result<&[[u8; N]], Garbage> {
    let (items, rest) = bytes.as_chunks();
    match (rest.is_empty(), items.len() <= SYMBOLS) {
        (false, _) => Err(Garbage::Cut),
        (_, false) => Err(Garbage::TooLong),
        _ => Ok(items),
    }
}
