//! Small pieces that many screens use.

mod accounts;
mod ago;
mod apart;
mod ask_lock;
mod attached;
mod avatar;
mod by_root;
mod bytes;
mod composer;
mod copy;
mod delivery;
mod dialog;
mod differs;
mod emoji_row;
mod empty;
mod holds;
mod icon;
mod identicon;
mod joined;
mod keyboard_help;
mod markdown;
mod name;
mod new_passphrase;
mod notices;
mod only_posts;
mod person_row;
mod picture;
mod post_card;
mod qr_code;
mod qr_scan;
mod screen;
mod status;
mod toasts;
mod words_entry;

pub(crate) use accounts::{AddAccount, OtherAccounts};
pub(crate) use ago::{Ago, ago};
pub(crate) use apart::{apart, lost};
pub(crate) use ask_lock::{AskLock, LockFirst, OpenLock};
pub(crate) use attached::Attached;
pub(crate) use avatar::{Avatar, FaceField};
pub(crate) use by_root::{ByRoot, LastQuestion};
pub(crate) use bytes::{bytes, length};
pub(crate) use composer::{Composer, Purpose};
pub(crate) use copy::CopyField;
pub(crate) use dialog::{Dialog, Question};
pub(crate) use differs::differs;
pub(crate) use emoji_row::EmojiRow;
pub(crate) use empty::Empty;
pub(crate) use holds::held;
pub(crate) use icon::{Glyph, Icon};
pub(crate) use joined::JoinedNotice;
pub(crate) use keyboard_help::KeyboardHelp;
pub(crate) use markdown::{Markdown, plain};
pub(crate) use name::{Name, ShortKey, called, is_same_name};
pub(crate) use new_passphrase::{NewPassphrase, Passphrase};
pub(crate) use notices::{
    ClockNotice, KeepNotice, NarrowNotice, OutNotice, RepairNotice, Unsent, UnwritableNotice,
    UpdateNotice,
};
pub(crate) use only_posts::Managed;
pub(crate) use person_row::PersonRow;
pub(crate) use picture::Pictures;
pub(crate) use post_card::{PostCard, Role};
pub(crate) use qr_code::QrCode;
pub(crate) use qr_scan::{QrScan, Unread};
pub(crate) use screen::Screen;
pub(crate) use status::StatusLine;
pub(crate) use toasts::Toasts;
pub(crate) use words_entry::WordsEntry;

/// How long the address of what is saved lives: long enough for a download to begin.
pub(crate) const ADDRESS_LIVES: std::time::Duration = std::time::Duration::from_secs(60);
