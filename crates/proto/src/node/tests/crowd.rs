//! A hub with many connections: each is found by what is asked for, and costs nothing to the others.

use effigy_core::seal::Letter;
use effigy_core::{Identity, Secret, Signature};

use super::{Actor, Desk};
use crate::io::{Input, Link};
use crate::message::Message;

fn device(n: u64) -> Secret {
    let mut seed = [9; 32];
    seed[..8].copy_from_slice(&n.to_be_bytes());
    Secret::from_seed(&seed)
}

/// A hub with so many sessions, of devices 0, 1, 2 and so on.
fn crowded(n_sessions: u64) -> Desk {
    let mut desk = Desk::hub(0, 0);
    for n in 0..n_sessions {
        desk.enters(n, &device(n), Some(device(n).identity()));
        desk.sent.clear();
    }
    desk
}

fn link(n: u64) -> Link {
    Link(Link::ACCEPTED + n)
}

fn letter(from: Identity, to: Identity) -> Message {
    let (sealed, signature) = ("A".repeat(300), Signature::from_bytes([1; 64]));
    Message::MessageTo { letter: Letter { from, sealed, signature, time: 1, to } }
}

fn receivers(desk: &mut Desk) -> Vec<Link> {
    let all = std::mem::take(&mut desk.sent);
    let letters = all
        .into_iter()
        .filter(|(_, told)| matches!(told, Message::MessageFrom { .. } | Message::Error { .. }));
    letters.map(|(to, _)| to).collect()
}

#[test]
fn a_letter_takes_the_newest_way_and_ways_that_are_gone_are_forgotten() {
    let mut desk = crowded(3);
    let (ana, ben) = (device(0).identity(), device(1).identity());
    desk.enters(7, &device(1), None);
    desk.sent.clear();
    desk.say(link(0), letter(ana, ben));
    assert_eq!(receivers(&mut desk), [link(7)]);
    desk.tell(Input::Disconnected(link(7)));
    desk.say(link(0), letter(ana, ben));
    assert_eq!(receivers(&mut desk), [link(1)]);
    desk.tell(Input::Disconnected(link(1)));
    desk.say(link(0), letter(ana, ben));
    assert_eq!(receivers(&mut desk), [link(0)], "ana is told that ben is not there");
}

#[test]
fn only_those_hear_of_a_head_who_asked_for_it() {
    let mut actor = Actor::new(5);
    let mut desk = Desk::hub(10, 0);
    let author = desk.enters(1_000, &actor.device, Some(actor.synod()));
    actor.gives(&mut desk, author.link);
    for n in 0..6 {
        desk.enters(n, &device(n), None);
        if n % 2 == 0 {
            desk.say(link(n), Message::GetHeads { identities: vec![actor.device()] });
        }
    }
    desk.tell(Input::Disconnected(link(2)));
    desk.pass(200);
    desk.sent.clear();
    actor.posts("news");
    actor.gives(&mut desk, author.link);
    let told = |(to, message): &(Link, Message)| match message {
        Message::LastKnownHeads { heads } if heads[0].identity == actor.device() => Some(*to),
        _ => None,
    };
    let told: Vec<Link> = desk.sent.iter().filter_map(told).collect();
    assert_eq!(told, [link(0), link(4)]);
}
