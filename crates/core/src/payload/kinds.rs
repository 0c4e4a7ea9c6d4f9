//! Every kind of payload as data: the table of `docs/protocol.md` is made from it.

/// On which feed a kind stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Home {
    /// On a device's feed.
    Device,
    /// On a device's feed, inside an envelope for the own devices unless published.
    Sealed,
    /// On a synod's feed.
    Synod,
}

/// One kind of payload.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The name on the wire.
    pub name: &'static str,
    /// On which feed it stands.
    pub home: Home,
    /// What it means, in a sentence.
    pub meaning: &'static str,
}

/// Every kind, in the order of their names.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "add_device",
        home: Home::Synod,
        meaning: "A device joins the account; it agreed by its own signature.",
    },
    Kind {
        name: "block",
        home: Home::Sealed,
        meaning: "Somebody is shut out: nothing of theirs is kept, nothing is given to them.",
    },
    Kind {
        name: "collection",
        home: Home::Device,
        meaning: "A folder: up to 100 files, each with its name and size.",
    },
    Kind { name: "comment", home: Home::Device, meaning: "An answer to an entry." },
    Kind {
        name: "delete",
        home: Home::Device,
        meaning: "An entry of the same account is taken back; its payload and blobs are dropped.",
    },
    Kind {
        name: "epoch",
        home: Home::Synod,
        meaning: "A key to which the account seals what is for all its devices, its secret sealed for some.",
    },
    Kind { name: "file", home: Home::Device, meaning: "A file of any kind: saved, never shown." },
    Kind {
        name: "follow",
        home: Home::Sealed,
        meaning: "Whether somebody's posts are wanted; the later statement wins.",
    },
    Kind {
        name: "hubs",
        home: Home::Synod,
        meaning: "Where the person can be met; the latest counts.",
    },
    Kind { name: "image", home: Home::Device, meaning: "A picture by itself." },
    Kind {
        name: "mute",
        home: Home::Sealed,
        meaning: "Whether somebody's posts are hidden here, without their knowing.",
    },
    Kind {
        name: "name_device",
        home: Home::Synod,
        meaning: "What a device is called; the latest counts.",
    },
    Kind {
        name: "profile",
        home: Home::Synod,
        meaning: "Name, words and picture of the person; the latest counts.",
    },
    Kind {
        name: "public_note",
        home: Home::Device,
        meaning: "A post to the world, in Markdown, with up to eight pictures.",
    },
    Kind {
        name: "registers",
        home: Home::Sealed,
        meaning: "What the person chose, has begun to write and has seen, for all their devices (6.11).",
    },
    Kind {
        name: "revoke_device",
        home: Home::Synod,
        meaning: "A device is removed: one entry of its feed and what came before it still counts.",
    },
    Kind {
        name: "rewrite",
        home: Home::Synod,
        meaning: "A device's feed begins a new generation; without it a second history is a fork.",
    },
    Kind {
        name: "sealed",
        home: Home::Device,
        meaning: "An envelope that only some devices can open; its text is a payload again.",
    },
    Kind {
        name: "superseded",
        home: Home::Device,
        meaning: "Entries of the same feed that later ones made needless; their payloads are dropped.",
    },
    Kind {
        name: "synod_final",
        home: Home::Synod,
        meaning: "The account is closed, signed by its root: nothing of it counts any more.",
    },
    Kind {
        name: "synod_genesis",
        home: Home::Synod,
        meaning: "The account begins, signed by its root.",
    },
    Kind { name: "tag", home: Home::Device, meaning: "An entry is marked with a word." },
    Kind { name: "video", home: Home::Device, meaning: "A video, with a picture of it and words." },
];
