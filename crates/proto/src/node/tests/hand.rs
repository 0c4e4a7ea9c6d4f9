//! Direct ways that people arrange themselves: whoever is followed, once, within ten minutes.

use effigy_core::random::Random;
use effigy_core::seal::{Letter, open_letter, seal_letter};
use effigy_core::{Identity, Time};

use super::devices::following;
use super::{Actor, Desk};
use crate::api::{Command, Event, HandStep, Refusal};
use crate::io::{Input, Link, RtcAction, RtcEvent};

const PASSWORD: &str = "0123456789abcdefghijklmn";
const CANDIDATE: &str = "candidate:1 1 udp 2122260223 192.168.1.7 54400 typ host generation 0";

fn sdp(user: &str) -> String {
    let digest = ["AB"; 32].join(":");
    format!("a=ice-ufrag:{user}\r\na=ice-pwd:{PASSWORD}\r\na=fingerprint:sha-256 {digest}\r\n")
}

/// What the browser finds for the way that was just begun.
fn found(desk: &mut Desk, link: Link) {
    desk.tell(Input::Rtc(link, RtcEvent::Description(sdp("mine"))));
    let (candidate, line, mid) = (CANDIDATE.to_owned(), 0, "0".to_owned());
    desk.tell(Input::Rtc(link, RtcEvent::Candidate { candidate, line, mid }));
}

/// The letter that is shown now, and whether it is an answer.
fn shown(desk: &Desk) -> Option<(String, bool)> {
    desk.events.iter().rev().find_map(|event| match event {
        Event::ByHand { step: HandStep::Letter { answer, text }, .. } => {
            Some((text.clone(), *answer))
        }
        _ => None,
    })
}

fn refused(
    desk: &mut Desk,
    command: impl FnOnce(crate::api::Ticket) -> Command,
) -> Option<Refusal> {
    desk.ask(command);
    desk.events.iter().rev().find_map(|event| match event {
        Event::Refused { why, .. } => Some(Some(*why)),
        Event::Done { .. } => Some(None),
        _ => None,
    })?
}

fn takes(desk: &mut Desk, text: &str) -> Option<Refusal> {
    desk.rtc.clear();
    desk.events.clear();
    let text = text.to_owned();
    refused(desk, |ticket| Command::TakeLetter { text, ticket })
}

fn writes(actor: &Actor, desk: &Desk, answer: bool, attempt: &str) -> String {
    let end = format!(
        r#"{{"candidates":["candidate:2 1 udp 1 10.0.0.9 4000 typ host"],"fingerprint":"{}","password":"{PASSWORD}","user":"hers"}}"#,
        "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"
    );
    let text =
        format!(r#"{{"type":"by_hand","answer":{answer},"attempt":"{attempt}","end":{end}}}"#);
    let (to, key) = (desk.keys.device.identity(), desk.keys.sealing.key().unwrap());
    let now = Time(desk.now);
    let mut random = Random::seeded([5; 32]);
    let letter = seal_letter(text.as_bytes(), &actor.device, to, &key, now, &mut random);
    letter.unwrap().to_text().unwrap()
}

fn attempt_in(actor: &Actor, desk: &Desk, letter: &str) -> String {
    let letter = Letter::from_text(letter).unwrap();
    let text =
        open_letter(&letter, actor.device(), &actor.sealing, Time(desk.now)).expect("it is his");
    let text: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(text["end"]["user"], "mine");
    assert_eq!(
        text["end"]["candidates"][0], "candidate:1 1 udp 2122260223 192.168.1.7 54400 typ host",
        "what only this browser understands stays behind"
    );
    text["attempt"].as_str().unwrap().to_owned()
}

fn begins(desk: &mut Desk, with: Identity) -> Link {
    desk.rtc.clear();
    assert_eq!(refused(desk, |ticket| Command::ConnectByHand { synod: with, ticket }), None);
    let (link, action) = desk.rtc.pop().unwrap();
    assert_eq!(action, RtcAction::Offer);
    found(desk, link);
    link
}

#[test]
fn an_offer_and_its_answer_are_handed_over_once() {
    let ben = Actor::new(2);
    let (mut desk, hub) = following(&[&ben]);
    desk.tell(Input::Disconnected(hub.link));
    let link = begins(&mut desk, ben.synod());
    let (letter, answer) = shown(&desk).unwrap();
    assert!(
        !answer && letter.len() < 1_200,
        "it fits a code that a camera reads: {}",
        letter.len()
    );
    let attempt = attempt_in(&ben, &desk, &letter);
    let reply = writes(&ben, &desk, true, &attempt);
    assert_eq!(takes(&mut desk, &reply), None);
    assert!(matches!(&desk.rtc[..], [
        (one, RtcAction::TakeAnswer { answer }),
        (other, RtcAction::Candidate { .. }),
    ] if *one == link && *other == link && answer.contains("a=ice-ufrag:hers\r\n")));
    assert_eq!(takes(&mut desk, &reply), Some(Refusal::Letter), "an answer counts once");
    assert!(desk.rtc.is_empty());
    // Once they have met, the letter is gone; that the way ends one day is no failure of it.
    desk.way_opens(link, &ben.device.clone(), ben.synod());
    let steps = |desk: &Desk| {
        let steps = desk.events.iter().filter_map(|event| match event {
            Event::ByHand { step, .. } => Some(step.clone()),
            _ => None,
        });
        steps.collect::<Vec<_>>()
    };
    assert_eq!(steps(&desk), [HandStep::Met]);
    desk.tell(Input::Disconnected(link));
    assert_eq!(steps(&desk), [HandStep::Met]);
}

#[test]
fn an_offer_of_a_friend_is_answered_once() {
    let ben = Actor::new(2);
    let (mut desk, hub) = following(&[&ben]);
    desk.tell(Input::Disconnected(hub.link));
    let offer = writes(&ben, &desk, false, "0123");
    assert_eq!(takes(&mut desk, &offer), None);
    let (link, action) = desk.rtc.remove(0);
    assert!(matches!(action, RtcAction::Answer { .. }));
    found(&mut desk, link);
    let (letter, answer) = shown(&desk).unwrap();
    assert!(answer);
    assert_eq!(attempt_in(&ben, &desk, &letter), "0123");
    assert_eq!(takes(&mut desk, &offer), Some(Refusal::Letter), "nor can it be played again");
}

#[test]
fn letters_of_strangers_old_ones_and_nonsense_show_no_address() {
    let (ben, eve) = (Actor::new(2), Actor::new(3));
    let (mut desk, hub) = following(&[&ben]);
    desk.tell(Input::Disconnected(hub.link));
    let strange = writes(&eve, &desk, false, "1");
    assert_eq!(takes(&mut desk, &strange), Some(Refusal::Unknown));
    let unasked = writes(&ben, &desk, true, "2");
    assert_eq!(takes(&mut desk, &unasked), Some(Refusal::Letter));
    let own = {
        begins(&mut desk, ben.synod());
        shown(&desk).unwrap().0
    };
    assert_eq!(takes(&mut desk, &own), Some(Refusal::Letter), "one's own is for somebody else");
    let old = writes(&ben, &desk, false, "3");
    desk.pass(11 * 60_000);
    for text in [old.as_str(), "", "effigy-letter:", "https://hub.example"] {
        assert_eq!(takes(&mut desk, text), Some(Refusal::Letter), "{text}");
    }
    assert!(desk.rtc.is_empty());
    let nobody = refused(&mut desk, |ticket| Command::ConnectByHand { synod: eve.synod(), ticket });
    assert_eq!(nobody, Some(Refusal::Unknown));
}

#[test]
fn what_nobody_answers_is_given_up_and_stands_in_nobodys_way() {
    let ben = Actor::new(2);
    let (mut desk, hub) = following(&[&ben]);
    desk.tell(Input::Disconnected(hub.link));
    let first = begins(&mut desk, ben.synod());
    let second = begins(&mut desk, ben.synod());
    assert!(desk.closed.contains(&first), "there is one at a time");
    desk.events.clear();
    desk.pass(11 * 60_000);
    assert!(desk.closed.contains(&second));
    let gone = |event: &Event| matches!(event, Event::ByHand { step: HandStep::Vain, .. });
    assert!(desk.events.iter().any(gone), "its letter is of no more use");
}
