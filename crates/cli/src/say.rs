//! What an entry says, in a line.

use effigy_core::Payload;
use effigy_core::payload::{AddDevice, Power};

use crate::escape::shortened;
use crate::output::counted;

/// Most characters of somebody's words in a line.
const CHARACTERS: usize = 60;

/// A payload in a line; what was taken back has none.
pub(crate) fn say(payload: Option<&Payload>) -> String {
    let Some(payload) = payload else { return "(taken back)".to_owned() };
    let pictures = match payload.images().len() {
        0 => String::new(),
        count => format!(" [{}]", counted(count as u64, "picture", "pictures")),
    };
    let words = match payload {
        Payload::AddDevice(device) => add_device(device),
        Payload::Block(block) => format!("{} …{}", switch("block", block.on), block.synod.short()),
        Payload::Collection(collection) => {
            format!("{} files: {} {}", collection.items.len(), collection.name, collection.text)
        }
        Payload::Comment(comment) => comment.text.clone(),
        Payload::Epoch(epoch) => {
            let slots = counted(epoch.secrets.slots.len() as u64, "slot", "slots");
            format!("a key for the account's devices, {slots}")
        }
        Payload::File(file) => format!("a file: {} {}", file.name, file.text),
        Payload::Video(video) => format!("a video: {} {}", video.alt, video.text),
        Payload::Delete(delete) => format!("takes back …{}", delete.target.short()),
        Payload::Final(_) => "the account is closed".to_owned(),
        Payload::Follow(follow) => {
            format!("{} …{}", switch("follow", follow.on), follow.synod.short())
        }
        Payload::Genesis(_) => "the account begins".to_owned(),
        Payload::Hubs(hubs) => {
            hubs.hubs.iter().map(|hub| hub.origin.as_str()).collect::<Vec<_>>().join(" ")
        }
        Payload::Image(note) => note.image.alt.clone(),
        Payload::Mute(mute) => format!("{} …{}", switch("mute", mute.on), mute.synod.short()),
        Payload::NameDevice(device) => {
            format!("names …{} {:?}", device.identity.short(), device.name)
        }
        Payload::Note(note) => note.text.clone(),
        Payload::Profile(profile) => format!("{} {}", profile.name, profile.about),
        Payload::Registers(registers) => {
            let names: Vec<&str> = registers.set.iter().map(|set| set.name.as_str()).collect();
            format!("sets {}", names.join(", "))
        }
        Payload::RevokeDevice(device) => {
            let last =
                device.last_valid.map_or_else(String::new, |last| format!(" …{}", last.short()));
            format!("removes …{}{last}", device.identity.short())
        }
        Payload::Rewrite(rewrite) => {
            format!("generation {} of …{}", rewrite.generation, rewrite.identity.short())
        }
        Payload::Sealed(envelope) => {
            format!("sealed, {}", counted(envelope.slots.len() as u64, "slot", "slots"))
        }
        Payload::Superseded(superseded) => {
            let entries = counted(superseded.entries.len() as u64, "entry", "entries");
            format!("no longer needs {entries}")
        }
        Payload::Tag(tag) => {
            format!("{} {:?} on …{}", switch("tag", tag.on), tag.word, tag.target.short())
        }
        Payload::Unknown => "(a kind that this version does not know)".to_owned(),
    };
    format!("{}{pictures}", shortened(&words, CHARACTERS)).trim_start().to_owned()
}

fn add_device(device: &AddDevice) -> String {
    let powers = device.powers.iter().map(|power| match power {
        Power::Admin => "admin",
        Power::Post => "post",
    });
    let powers = powers.collect::<Vec<_>>().join(", ");
    format!("adds …{} {:?} ({powers})", device.identity.short(), device.name)
}

fn switch(verb: &str, on: bool) -> String {
    if on { format!("{verb}s") } else { format!("no longer {verb}s") }
}
