//! T24: what people say to each other through a hub is theirs. A hub that changes it achieves
//! nothing, and nobody can be buried under letters of strangers.

use std::time::Duration;

use effigy_core::Identity;
use effigy_proto::{Command, ErrorCode, Event, Frame, Message, RtcAction, RtcEvent, Ticket};

use crate::person::among_people;
use crate::raw::{Puppet, Raw, session};
use crate::support::{Hub, folder};

/// How many letters are changed.
const LETTERS: usize = 500;

/// Two people who follow one another, each with a session.
struct Friends {
    people: [(Puppet, Raw); 2],
}

impl Friends {
    async fn meet(hub: &Hub) -> Self {
        let mut people = Vec::new();
        for _ in 0..2 {
            let mut puppet = Puppet::with_hub(&hub.address).await;
            puppet.begin().await;
            let raw = puppet.open(hub).await;
            people.push((puppet, raw));
        }
        let [ana, mut ben]: [(Puppet, Raw); 2] = people.try_into().ok().unwrap();
        let invite = ana.0.events.iter().rev().find_map(|event| match event {
            Event::Invite(invite) => Some(invite.clone()),
            _ => None,
        });
        let invite = invite.unwrap();
        let accept = Command::AcceptInvite { invite, ticket: Ticket(2) };
        for frame in ben.0.command(accept).await {
            ben.1.send(frame).await;
        }
        let mut friends = Self { people: [ana, ben] };
        friends.settle().await;
        // Of two devices the one with the smaller key offers.
        if friends.people[1].0.device() < friends.people[0].0.device() {
            friends.people.swap(0, 1);
        }
        friends
    }

    /// Lets both talk until one of them begins a direct way, and all else is said.
    async fn settle(&mut self) {
        let mut n_more = 3;
        while n_more > 0 {
            if self.people.iter().any(|(puppet, _)| !puppet.rtc.is_empty()) {
                n_more -= 1;
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
            for (puppet, raw) in &mut self.people {
                for frame in puppet.tick().await {
                    raw.send(frame).await;
                }
                let mut heard = raw.hear_until_pong().await;
                heard.retain(|message| *message != Message::Pong);
                for message in heard {
                    for frame in puppet.answer(message).await {
                        raw.send(frame).await;
                    }
                }
            }
        }
    }
}

#[test]
fn a_changed_letter_is_not_acted_on() {
    let folder = folder();
    let flags = ["--exempt-loopback", "--messages-per-second", "100000"];
    let hub = Hub::start(folder.path(), &flags);
    among_people(async {
        let Friends { people: [(mut from, mut from_raw), (mut to, mut to_raw)] } =
            Friends::meet(&hub).await;
        let (link, action) = from.rtc.remove(0);
        assert_eq!(action, RtcAction::Offer);
        for n in 0..=LETTERS {
            let description = RtcEvent::Description(format!("v=0 attempt {n}"));
            let mut said = from.rtc_event(link, description).await;
            said.retain(is_to_somebody);
            assert_eq!(said.len(), 1);
            from_raw.send(said.remove(0)).await;
            let letter = loop {
                match to_raw.hear().await.unwrap() {
                    Message::MessageFrom { letter } => break serde_json::to_value(letter).unwrap(),
                    other => drop(to.answer(other).await),
                }
            };
            if n == LETTERS {
                // Unchanged it is acted on, so the others could have been.
                let letter = serde_json::from_value(letter).unwrap();
                to.answer(Message::MessageFrom { letter }).await;
                assert!(matches!(to.rtc.first(), Some((_, RtcAction::Answer { .. }))));
                continue;
            }
            let changed = change(letter, n);
            let text = format!(r#"{{"type":"message_from","letter":{changed}}}"#);
            if let Ok(message) = Message::decode_text(&text) {
                let n_events = to.n_news();
                let mut said = to.answer(message).await;
                said.retain(is_to_somebody);
                assert!(said.is_empty() && to.rtc.is_empty(), "{text}: {said:?} {:?}", to.rtc);
                assert_eq!(to.n_news(), n_events, "{text}");
            }
        }
    });
}

/// Whether a frame carries a letter: the news of feeds go out by their own clock.
fn is_to_somebody(frame: &Frame) -> bool {
    matches!(frame, Frame::Text(text) if text.starts_with(r#"{"type":"message_to""#))
}

/// Changes one letter or digit in one field.
fn change(mut letter: serde_json::Value, n: usize) -> serde_json::Value {
    const FIELDS: [&str; 5] = ["from", "sealed", "signature", "time", "to"];
    let field = &mut letter[FIELDS[n % FIELDS.len()]];
    if let Some(time) = field.as_u64() {
        *field = if n.is_multiple_of(2) { time + 1 } else { time - 1 }.into();
        return letter;
    }
    let mut text = field.as_str().unwrap().to_owned();
    // Backwards, because identities differ in their last letters only.
    let at = text.len() - 1 - (n * 7) % (text.len() - 10);
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    text.replace_range(at..=at, other);
    *field = text.into();
    letter
}

/// A stranger may write a short letter, to say that they follow somebody. A long one is for those
/// who list each other.
#[test]
fn long_letters_are_for_those_who_list_each_other() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &["--exempt-loopback"]);
    among_people(async {
        let mut writer = Puppet::new().await;
        let mut writer_raw = writer.open(&hub).await;
        let (mut reader_raw, reader) = session(&hub).await;
        let arrives = async |writer: &mut Puppet, writer_raw: &mut Raw, reader_raw: &mut Raw, n| {
            writer_raw.say(&writer.letter_to(reader, n)).await;
            let told = writer_raw.hear_until_pong().await;
            let arrived = reader_raw.hear_until_pong().await;
            let is_letter = |message: &Message| matches!(message, Message::MessageFrom { .. });
            let refused = told.contains(&Message::Error { about: 0, code: ErrorCode::TooMuch });
            let arrived = arrived.iter().any(is_letter);
            assert!(arrived != refused);
            arrived
        };
        assert!(arrives(&mut writer, &mut writer_raw, &mut reader_raw, 500).await);
        assert!(!arrives(&mut writer, &mut writer_raw, &mut reader_raw, 20_000).await);
        let list = |watch: Vec<Identity>| Message::Online { watch };
        reader_raw.say(&list(vec![writer.device()])).await;
        reader_raw.hear_until_pong().await;
        assert!(arrives(&mut writer, &mut writer_raw, &mut reader_raw, 20_000).await);
        // Longer than any letter is.
        let Message::MessageTo { mut letter } = writer.letter_to(reader, 48_000) else {
            unreachable!("a letter");
        };
        letter.sealed = "A".repeat(200_000);
        writer_raw.send(Frame::Text(text_of(Message::MessageTo { letter }))).await;
        let told = writer_raw.hear_until_pong().await;
        assert!(told.contains(&Message::Error { about: 0, code: ErrorCode::TooMuch }), "{told:?}");
    });
}

fn text_of(message: Message) -> String {
    match message.encode() {
        Frame::Text(text) => text,
        Frame::Binary(_) => unreachable!("letters are text"),
    }
}
