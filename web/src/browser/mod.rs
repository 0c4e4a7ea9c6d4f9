//! What the browser can do, in our words. Nothing here knows a post or a person.

pub(crate) mod camera;
pub(crate) mod clipboard;
pub(crate) mod clock;
pub(crate) mod code_reader;
pub(crate) mod cryptography;
pub(crate) mod database;
pub(crate) mod device;
pub(crate) mod faults;
pub(crate) mod film;
pub(crate) mod lock;
pub(crate) mod marker;
pub(crate) mod object_url;
pub(crate) mod page;
pub(crate) mod picture;
pub(crate) mod player;
pub(crate) mod room;
pub(crate) mod save;
pub(crate) mod settings;
pub(crate) mod share;
pub(crate) mod slices;
pub(crate) mod starts;
pub(crate) mod surroundings;
pub(crate) mod tabs;
pub(crate) mod update;
pub(crate) mod version;
pub(crate) mod workers;
