//! Every number of the protocol, each with its unit and its reason.

use crate::time::Span;

/// A number of the protocol as data: the table of `docs/protocol.md` is made from it.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The constant's name.
    pub name: &'static str,
    /// Its value; a length of time in milliseconds.
    pub value: u64,
    /// Whether it is a length of time.
    pub is_time: bool,
    /// What it bounds and why, as it stands above the constant.
    pub meaning: &'static str,
}

/// Makes the constants, and the list of them with the sentences that document them: so the list can
/// neither lack one nor say something else.
macro_rules! limits {
    ($($(#[doc = $meaning:literal])+ $name:ident: $kind:ident = $value:expr;)+) => {
        $($(#[doc = $meaning])+ pub const $name: $kind = $value;)+

        /// Every number of this module.
        pub const LIMITS: &[Limit] = &[$(Limit {
            name: stringify!($name),
            value: limits!(@value $kind $name),
            is_time: limits!(@is_time $kind),
            meaning: concat!($($meaning),+),
        }),+];
    };
    (@value Span $name:ident) => { $name.0 };
    (@value u64 $name:ident) => { $name };
    (@value usize $name:ident) => { $name as u64 };
    (@is_time Span) => { true };
    (@is_time $kind:ident) => { false };
}

limits! {
    /// Most bytes of an entry: header, newline and signature.
    ENTRY_BYTES: usize = 15_360;
    /// Most bytes of a payload, sealed or not.
    PAYLOAD_BYTES: usize = 15_360;
    /// Most bytes of one blob. Longer content is cut into blobs of this size under a manifest.
    BLOB_BYTES: usize = 256 * 1024;
    /// Most bytes of a picture: a large photograph.
    CONTENT_BYTES: u64 = 8 * 1024 * 1024;
    /// Most blobs that a manifest may list, and most parts that a list of parts may.
    MANIFEST_ITEMS: usize = 256;
    /// Most bytes of content under one manifest, and of each part of longer content: 256 blobs.
    PART_BYTES: u64 = 64 * 1024 * 1024;
    /// Most bytes of any content, and of all contents of a collection: 256 parts.
    FILE_BYTES: u64 = 16 * 1024 * 1024 * 1024;
    /// Most bytes of a whole message on a session, text or binary.
    MESSAGE_BYTES: usize = 256 * 1024;
    /// Most bytes of blob in one binary frame: with its header of 12 bytes a frame of 64 KiB, so that
    /// small messages get their turn in between.
    CHUNK_BYTES: usize = 64 * 1024 - 12;
    /// Deepest nesting of JSON.
    JSON_DEPTH: usize = 8;
    /// Most members of one JSON object.
    JSON_MEMBERS: usize = 64;
    /// Most items of one JSON array.
    JSON_ITEMS: usize = 256;
    /// Greatest integer that every JSON reader keeps exactly: 2^53 - 1.
    JSON_INTEGER: u64 = 9_007_199_254_740_991;
    /// Most parents of an entry.
    PARENTS: usize = 16;
    /// How far an entry's clock may run ahead of the reader's before the entry has to wait.
    CLOCK_AHEAD: Span = Span::minutes(10);
    /// Most UTF-8 bytes of a post's or comment's text.
    TEXT_BYTES: usize = 10_000;
    /// Most pictures of one post.
    IMAGES: usize = 8;
    /// Most UTF-8 bytes of an alternative text.
    ALT_BYTES: usize = 1_500;
    /// Most UTF-8 bytes of a file's name, and of its way in a collection.
    FILE_NAME_BYTES: usize = 255;
    /// Most steps of a file's way in a collection.
    PATH_STEPS: usize = 8;
    /// Most bytes of a media type.
    MIME_BYTES: usize = 127;
    /// Most files of a collection.
    COLLECTION_ITEMS: usize = 100;
    /// Most UTF-8 bytes of a name.
    NAME_BYTES: usize = 160;
    /// Most characters of a name on screen.
    NAME_CHARACTERS: usize = 40;
    /// Most UTF-8 bytes of what people say about themselves.
    ABOUT_BYTES: usize = 2_000;
    /// Most UTF-8 bytes of a tag.
    TAG_BYTES: usize = 64;
    /// Most hubs that one person names.
    HUBS: usize = 8;
    /// Most UTF-8 bytes of a hub's origin.
    ORIGIN_BYTES: usize = 255;
    /// Most entry ids that one rewrite may name as removed.
    REMOVED: usize = 128;
    /// Most registers in one statement.
    REGISTERS: usize = 64;
    /// Most drafts, and most other registers, of which a device's last word is kept; beyond, those it spoke of last.
    REGISTERS_KEPT: usize = 256;
    /// Most UTF-8 bytes of what a register holds: the longest post, with room around it.
    REGISTER_BYTES: usize = 10_240;
    /// Most bytes of a register's name.
    REGISTER_NAME_BYTES: usize = 160;
    /// Most entries that one statement calls superseded.
    SUPERSEDED: usize = 64;
    /// Most entries of one feed that wait for a parent.
    WAITING_PER_FEED: usize = 256;
    /// Most entries of all feeds together that wait for a parent.
    WAITING: usize = 4_096;
    /// Most bytes of memory, about, that all entries together need which wait for a parent.
    WAITING_BYTES: usize = 6 * 1024 * 1024;
    /// How long an invite is honoured.
    INVITE_VALID: Span = Span::days(7);
    /// Most bytes that the text of an invite may have.
    INVITE_TEXT_BYTES: usize = 1_024;
    /// Most bytes that a letter may have that is handed over as a text.
    LETTER_TEXT_BYTES: usize = 4 * 1024;
    /// How long an offer to link a device may be taken.
    LINK_VALID: Span = Span::minutes(2);
    /// How long two devices that met may take to be linked.
    LINK_TALK: Span = Span::minutes(10);
    /// Most bytes of what one device says to the other in one step of linking.
    LINK_STEP_BYTES: usize = 4 * 1024;
    /// Fewest friends among whom an account's root is divided.
    SHARES_LEAST: usize = 3;
    /// Most friends among whom it is.
    SHARES_MOST: usize = 10;
    /// Fewest shares that may be enough: with one alone a friend could take the account.
    SHARES_NEEDED_LEAST: usize = 2;
    /// Most bytes that the text of a share, or of who asks for one, may have.
    SHARE_TEXT_BYTES: usize = 512;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_says_what_the_constants_are() {
        let find = |name| LIMITS.iter().find(|limit| limit.name == name).unwrap();
        assert_eq!(find("PAYLOAD_BYTES").value, PAYLOAD_BYTES as u64);
        assert_eq!(find("PAYLOAD_BYTES").meaning, " Most bytes of a payload, sealed or not.");
        assert_eq!((find("CLOCK_AHEAD").value, find("CLOCK_AHEAD").is_time), (600_000, true));
    }
}
