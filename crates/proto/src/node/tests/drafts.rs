//! Drafts: through a restart with their pictures, and gone with what was sent.

use effigy_core::payload::ImageType;
use effigy_store::Table;

use super::Desk;
use super::keeping::png;
use crate::api::{Command, Event, Picture, Pixels, Refusal};
use crate::io::Input;

pub(super) fn picture() -> Picture {
    let pixels = Pixels { bytes: png(), image_type: ImageType::Png, height: 1, width: 1 };
    Picture { alt: String::new(), full: pixels.clone(), thumbnail: Some(pixels) }
}

fn tell(desk: &mut Desk, command: Command) {
    desk.tell(Input::Command(command));
}

fn keep(desk: &mut Desk, slot: &str, text: &str) {
    tell(desk, Command::SaveDraft { slot: slot.to_owned(), text: text.to_owned() });
}

fn keep_picture(desk: &mut Desk, slot: &str, place: u8, picture: Option<Picture>) {
    tell(desk, Command::SaveDraftPicture { picture, place, slot: slot.to_owned() });
}

/// What a picture of a draft is read as.
fn look(desk: &mut Desk, slot: &str, place: u8) -> Option<Picture> {
    tell(desk, Command::LoadDraftPicture { place, slot: slot.to_owned() });
    match desk.events.last() {
        Some(Event::DraftPicture { picture, place: told, slot: whose }) => {
            assert_eq!((*told, whose.as_str()), (place, slot));
            picture.clone()
        }
        other => panic!("no picture but {other:?}"),
    }
}

fn drafts(desk: &Desk) -> Vec<(&str, &str)> {
    let told = desk.events.iter().filter_map(|event| match event {
        Event::Draft { slot, text } => Some((slot.as_str(), text.as_str())),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_draft_outlives_a_restart_with_its_pictures() {
    let mut desk = Desk::person(1);
    keep(&mut desk, "post", "half a thought");
    keep_picture(&mut desk, "post", 3, Some(picture()));
    desk.restart();
    assert_eq!(drafts(&desk), [("post", "half a thought")]);
    assert_eq!(look(&mut desk, "post", 3), Some(picture()));
    assert_eq!(look(&mut desk, "post", 2), None);
    assert_eq!(look(&mut desk, "other", 3), None);
    keep_picture(&mut desk, "post", 3, None);
    assert_eq!(look(&mut desk, "post", 3), None);
}

#[test]
fn what_was_sent_is_a_draft_no_more_and_what_was_refused_still_is() {
    let mut desk = Desk::person(1);
    keep(&mut desk, "post", "a thought");
    keep_picture(&mut desk, "post", 0, Some(picture()));
    keep(&mut desk, "other", "stays");
    let send = |desk: &mut Desk, text: &str| {
        let text = text.to_owned();
        desk.ask(|ticket| {
            let command = Box::new(Command::Publish { pictures: vec![picture()], text, ticket });
            Command::SendDraft { command, slot: "post".to_owned() }
        })
    };
    let refused = send(&mut desk, &"x".repeat(20_000));
    assert!(matches!(refused, Some(Event::Refused { why: Refusal::TooLong, .. })));
    assert_eq!(desk.table(Table::Drafts).len(), 3);
    assert!(matches!(send(&mut desk, "a thought"), Some(Event::Done { .. })));
    desk.restart();
    assert_eq!(drafts(&desk), [("other", "stays")]);
    assert_eq!(desk.table(Table::Drafts).len(), 1, "the pictures are gone as well");
}

#[test]
fn a_draft_goes_in_the_transaction_of_the_post() {
    let mut desk = Desk::person(1);
    keep(&mut desk, "post", "a thought");
    let command = Box::new(Command::Publish {
        pictures: Vec::new(),
        text: "a thought".to_owned(),
        ticket: crate::api::Ticket(99),
    });
    let send = Command::SendDraft { command, slot: "post".to_owned() };
    desk.node.handle(Input::Command(send), effigy_core::Time(desk.now));
    let saves: Vec<_> = std::iter::from_fn(|| desk.node.poll())
        .filter_map(|output| match output {
            crate::io::Output::Save(batch) => Some(batch),
            _ => None,
        })
        .collect();
    let [batch] = saves.as_slice() else { panic!("{} transactions", saves.len()) };
    assert!(batch.puts.iter().any(|(key, _)| key.table == Table::Packs));
    assert!(batch.deletes.iter().any(|key| key.bytes == b"post"));
}

#[test]
fn damage_and_excess_are_passed_over() {
    let mut desk = Desk::person(1);
    keep_picture(&mut desk, "post", 0, Some(picture()));
    for (_, value) in desk.disk.iter_mut().filter(|(key, _)| key.table == Table::Drafts) {
        value[20] ^= 1;
    }
    assert_eq!(look(&mut desk, "post", 0), None);
    keep_picture(&mut desk, "post", 8, Some(picture()));
    assert_eq!(look(&mut desk, "post", 8), None, "no post has a ninth picture");
    keep(&mut desk, &"x".repeat(129), "text");
    keep(&mut desk, "post", &"x".repeat(1024 * 1024 + 1));
    desk.restart();
    assert!(drafts(&desk).is_empty());
    let settled = desk.ask(|ticket| Command::Settle { ticket });
    assert!(matches!(settled, Some(Event::Done { id: None, .. })));
}
