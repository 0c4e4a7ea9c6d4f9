//! Two who have many feeds in common find out in what they differ for bytes that follow the difference;
//! and whoever lies in that gains nothing but being asked in another way.

use effigy_core::{Cid, Identity, Secret};
use effigy_feed::Relation;

use super::circle::Circle;
use super::{Actor, Desk};
use crate::api::Command;
use crate::io::{Input, Link};
use crate::message::{ErrorCode, Message, Summary};
use crate::node::reconciling::RECONCILING;
use crate::reconcile::{Items, Root, SYMBOLS, Symbol, short};

/// Feeds of which nothing is known but that they are replicated.
fn fill(desk: &mut Desk, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let feed = Identity::from_bytes(*Cid::of(&number.to_be_bytes()).digest());
        desk.node.tracked.insert(feed, feed);
        desk.node.unsummed.insert(feed);
    }
}

/// Two people who follow the same ones and have all that they said.
fn pair(people: u32) -> (Circle, Vec<Actor>) {
    let actors: Vec<Actor> = (0..people).map(Actor::numbered).collect();
    let reader = |seed| {
        let mut desk = Desk::person(seed);
        for (actor, number) in actors.iter().zip(1..) {
            let synod = actor.synod();
            desk.ask(|ticket| Command::Relate {
                on: true,
                relation: Relation::Follow,
                synod,
                ticket,
            });
            brings(&mut desk, number, actor);
        }
        desk.node.greetings.clear();
        desk
    };
    (Circle::new(vec![reader(1), reader(2)]), actors)
}

fn brings(desk: &mut Desk, number: u64, actor: &Actor) {
    let way = desk.enters(number, &actor.device, Some(actor.synod()));
    actor.gives(desk, way.link);
    actor.gives(desk, way.link);
    desk.tell(Input::Disconnected(way.link));
    desk.heard(way.link);
}

fn lists(circle: &Circle) -> usize {
    let said = circle.said.iter().map(|(_, message)| match message {
        Message::GetHeads { identities } => identities.len(),
        _ => 0,
    });
    said.sum()
}

#[test]
fn two_who_have_much_in_common_ask_for_what_differs() {
    let (mut circle, mut actors) = pair(50);
    // Two know of posts that the other does not know.
    actors[3].posts("for the one");
    brings(&mut circle.desks[0], 1_000, &actors[3]);
    actors[7].posts("for the other");
    brings(&mut circle.desks[1], 1_001, &actors[7]);
    circle.meet(0, 1);
    circle.settle();
    assert_eq!(circle.count(|message| matches!(message, Message::Sketch { .. })), 1);
    // Each asks for the two that differ, and tries its own two at somebody who does not follow it.
    assert!(lists(&circle) <= 8, "{} feeds on lists", lists(&circle));
    for actor in [&actors[3], &actors[7]] {
        for desk in &circle.desks {
            assert_eq!(desk.records(actor.device()), 2);
        }
    }
    circle.forget();
    // What moves afterwards is told, though nobody named it.
    actors[20].posts("later");
    brings(&mut circle.desks[1], 1_002, &actors[20]);
    circle.pass(1_000);
    assert_eq!(circle.desks[0].records(actors[20].device()), 2);
}

#[test]
fn bytes_follow_the_difference_and_not_the_size() {
    let mut costs = Vec::new();
    for size in [200, 2_000, 20_000] {
        let mut circle = Circle::new(vec![Desk::person(1), Desk::person(2)]);
        fill(&mut circle.desks[0], 0..size);
        fill(&mut circle.desks[1], 5..size + 5);
        circle.meet(0, 1);
        circle.settle();
        let sketched = circle.cost(|message| {
            matches!(
                message,
                Message::Sketch { .. }
                    | Message::Differences { .. }
                    | Message::GetSymbols { .. }
                    | Message::States { .. }
            )
        });
        costs.push(sketched.bytes);
    }
    assert!(costs.iter().all(|bytes| *bytes < 1_400), "{costs:?}");
}

/// How long each sketch was, and how many symbols it left out because they had come.
fn rows(circle: &Circle) -> Vec<(usize, usize)> {
    let row = |message: &Message| match message {
        Message::Sketch { skip, symbols, .. } => Some((usize::from(*skip), symbols.len())),
        _ => None,
    };
    circle.said.iter().filter_map(|(_, message)| row(message)).collect()
}

#[test]
fn of_a_longer_row_only_the_rest_is_sent() {
    let mut circle = Circle::new(vec![Desk::person(1), Desk::person(2)]);
    fill(&mut circle.desks[0], 0..1_000);
    fill(&mut circle.desks[1], 200..1_200);
    circle.meet(0, 1);
    circle.settle();
    let rows = rows(&circle);
    assert!(rows.len() > 1, "{rows:?}");
    let mut length = 0;
    for (skip, more) in rows {
        assert_eq!(skip, length);
        length += more;
    }
    assert!(lists(&circle) <= 2 * 404, "{} feeds on lists", lists(&circle));
}

#[test]
fn a_row_begins_anew_when_feeds_have_moved() {
    let mut circle = Circle::new(vec![Desk::person(1), Desk::person(2)]);
    fill(&mut circle.desks[0], 0..1_000);
    fill(&mut circle.desks[1], 200..1_200);
    circle.meet(0, 1);
    for step in 0..20 {
        // Whoever sends the sketch has one feed more at each step.
        for desk in &mut circle.desks {
            fill(desk, 2_000 + step..2_001 + step);
        }
        circle.step(step as usize);
    }
    circle.settle();
    let rows = rows(&circle);
    assert!(rows.len() > 1 && rows.iter().all(|(skip, _)| *skip == 0), "{rows:?}");
}

/// Symbols that are not the next ones, or more than there can be.
#[test]
fn symbols_out_of_turn_are_refused() {
    for (second, root) in [(25, 1), (27, 1), (26, 2), (u16::MAX, 1)] {
        let (mut desk, link, mut items) = opposite(300);
        offers(&mut desk, link, &items, Root([1; 16]));
        (0..100_u8).for_each(|n| items.insert(Cid::of(&[n]), ()));
        let mut row = items.symbols(104);
        let rest = row.split_off(26);
        let first = Message::Sketch { request: 5, root: Root([1; 16]), skip: 0, symbols: row };
        desk.say(link, first);
        assert!(desk.heard(link).contains(&Message::GetSymbols { count: 104, request: 5 }));
        let root = Root([root; 16]);
        desk.say(link, Message::Sketch { request: 5, root, skip: second, symbols: rest });
        let heard = desk.heard(link);
        assert!(heard.contains(&Message::Error { about: 5, code: ErrorCode::Forbidden }));
        assert!(asked_by_list(&heard));
    }
}

#[test]
fn two_who_have_the_same_say_so_and_no_more() {
    // Who follow each other and the same people have just the same feeds.
    let (mut circle, actors) = pair(40);
    let mut hub = Desk::hub(200, 1 << 20);
    for (actor, number) in actors.iter().zip(1..) {
        brings(&mut hub, number, actor);
    }
    let synods = [0, 1].map(|at| circle.desks[at].keys.synod.unwrap());
    for (at, synod) in [(0, synods[1]), (1, synods[0])] {
        circle.desks[at].ask(|ticket| Command::Relate {
            on: true,
            relation: Relation::Follow,
            synod,
            ticket,
        });
        circle.desks[at].node.greetings.clear();
    }
    circle.desks.push(hub);
    circle.dial(0, 2);
    circle.dial(1, 2);
    circle.pass(10_000);
    circle.forget();
    circle.meet(0, 1);
    circle.settle();
    let cost = circle.heads_cost();
    assert!(cost.bytes < 600 && cost.messages == 2, "{cost:?}");
    assert!(circle.desks[0].post("seen by the other"));
    circle.pass(500);
    let feed = circle.desks[0].keys.device.identity();
    assert_eq!(circle.desks[1].records(feed), circle.desks[0].records(feed));
}

#[test]
fn what_moves_while_they_compare_is_not_missed() {
    let (mut circle, mut actors) = pair(50);
    circle.meet(0, 1);
    for step in 0..12 {
        // At every step something moves on either side.
        for side in [0, 1] {
            let at = step * 2 + side;
            actors[at].posts("meanwhile");
            brings(&mut circle.desks[side], 2_000 + at as u64, &actors[at]);
        }
        circle.step(step);
    }
    circle.pass(2_000);
    for actor in &actors[..24] {
        for desk in &circle.desks {
            assert_eq!(desk.records(actor.device()), 2);
        }
    }
}

#[test]
fn more_feeds_than_a_list_may_name_are_compared_too() {
    let (mut circle, actors) = pair(1);
    let mut ben = actors.into_iter().next().unwrap();
    for desk in &mut circle.desks {
        fill(desk, 0..5_000);
    }
    circle.meet(0, 1);
    circle.settle();
    assert!(lists(&circle) <= 8, "{} feeds on lists", lists(&circle));
    ben.posts("to one of them");
    let way = circle.desks[0].enters(2, &ben.device, Some(ben.synod()));
    ben.gives(&mut circle.desks[0], way.link);
    circle.pass(1_000);
    assert_eq!(circle.desks[1].records(ben.device()), 2);
}

/// A node with many feeds, and somebody at the other end who dialled it and says what they like.
fn opposite(feeds: u32) -> (Desk, Link, Items<()>) {
    let mut desk = Desk::person(1);
    fill(&mut desk, 0..feeds);
    let way = desk.enters(1, &Secret::from_seed(&[180; 32]), None);
    let told = desk.heard(way.link).into_iter().find_map(|message| match message {
        Message::Provides { feeds, .. } => feeds,
        _ => None,
    });
    assert_eq!(told.unwrap().count, u64::from(feeds) + 2);
    // The same set as at the node, but for its own two feeds.
    let mut items = Items::default();
    for (state, _) in desk.node.items.iter() {
        items.insert(*state, ());
    }
    (desk, way.link, items)
}

fn offers(desk: &mut Desk, link: Link, items: &Items<()>, root: Root) {
    let services = ["blobs", "changes", "entries", "heads", "reconcile"].map(str::to_owned);
    let feeds = Some(Summary { count: items.len() as u64, root });
    desk.say(link, Message::Provides { feeds, services: services.to_vec() });
}

fn asked_by_list(heard: &[Message]) -> bool {
    heard.iter().any(|message| matches!(message, Message::GetHeads { .. }))
}

#[test]
fn a_root_that_does_not_fit_is_found_out_and_lists_are_sent() {
    let (mut desk, link, mut items) = opposite(300);
    offers(&mut desk, link, &items, Root([1; 16]));
    assert!(!asked_by_list(&desk.heard(link)), "it waits for the sketch");
    let symbols = items.symbols(26);
    desk.say(link, Message::Sketch { request: 5, root: Root([1; 16]), skip: 0, symbols });
    let heard = desk.heard(link);
    assert!(heard.contains(&Message::Differences { missing: Vec::new(), request: 5 }));
    assert!(heard.contains(&Message::Error { about: 5, code: ErrorCode::Untrusted }));
    assert!(asked_by_list(&heard));
}

#[test]
fn an_item_that_hides_behind_another_of_the_same_short_name_is_found_out() {
    let (mut desk, link, mut items) = opposite(300);
    let twin = |last: u8| {
        let mut digest = [9; 32];
        digest[31] = last;
        Cid::from_digest(digest)
    };
    desk.node.items.insert(twin(1), Identity::from_bytes([7; 32]));
    items.insert(twin(2), ());
    let root = items.root();
    offers(&mut desk, link, &items, root);
    let symbols = items.symbols(26);
    desk.say(link, Message::Sketch { request: 5, root, skip: 0, symbols });
    let heard = desk.heard(link);
    assert!(heard.contains(&Message::Error { about: 5, code: ErrorCode::Untrusted }), "{heard:?}");
}

#[test]
fn states_that_are_not_the_missing_ones_are_found_out() {
    let (mut desk, link, mut items) = opposite(300);
    let new: Vec<Cid> = (0..3_u8).map(|n| Cid::of(&[n, 77])).collect();
    new.iter().for_each(|state| items.insert(*state, ()));
    let root = items.root();
    offers(&mut desk, link, &items, root);
    let symbols = items.symbols(60);
    desk.say(link, Message::Sketch { request: 5, root, skip: 0, symbols });
    let mut missing: Vec<u64> = new.iter().map(short).collect();
    missing.sort_unstable();
    let heard = desk.heard(link);
    assert!(heard.contains(&Message::Differences { missing, request: 5 }), "{heard:?}");
    desk.say(link, Message::States { request: 5, states: vec![new[0], Cid::of(b"x"), new[2]] });
    let heard = desk.heard(link);
    assert!(heard.contains(&Message::Error { about: 5, code: ErrorCode::Untrusted }), "{heard:?}");
    assert!(asked_by_list(&heard));
}

#[test]
fn made_up_symbols_end_in_lists_after_a_bounded_number_of_questions() {
    let (mut desk, link, items) = opposite(300);
    offers(&mut desk, link, &items, Root([1; 16]));
    let (mut count, mut questions) = (26, 0);
    loop {
        let symbols: Vec<Symbol> = (0..count as u32)
            .map(|n| {
                Symbol::from_bytes(Cid::of(&n.to_be_bytes()).digest()[..11].try_into().unwrap())
            })
            .collect();
        desk.say(link, Message::Sketch { request: 5, root: Root([1; 16]), skip: 0, symbols });
        let heard = desk.heard(link);
        let more = heard.iter().find_map(|message| match message {
            Message::GetSymbols { count, request: 5 } => Some(*count as usize),
            _ => None,
        });
        let Some(more) = more else {
            assert!(heard.contains(&Message::Error { about: 5, code: ErrorCode::TooMuch }));
            assert!(asked_by_list(&heard));
            break;
        };
        assert!(more >= 2 * count.min(SYMBOLS / 2));
        (count, questions) = (more, questions + 1);
        assert!(questions < 12, "without end");
    }
    // Once is enough.
    desk.say(
        link,
        Message::Sketch { request: 6, root: Root([1; 16]), skip: 0, symbols: Vec::new() },
    );
    let heard = desk.heard(link);
    assert!(heard.contains(&Message::Error { about: 6, code: ErrorCode::Forbidden }));
    assert!(desk.closed.is_empty());
}

#[test]
fn nobody_has_symbols_made_again_and_again() {
    let mut circle = Circle::new(vec![Desk::person(1), Desk::person(2)]);
    fill(&mut circle.desks[0], 0..300);
    fill(&mut circle.desks[1], 40..340);
    let (link, _) = circle.meet(0, 1);
    let mut sketch = None;
    for step in 0..8 {
        circle.step(step);
        sketch = circle.said.iter().find_map(|(_, message)| match message {
            Message::Sketch { request, .. } => Some(*request),
            _ => None,
        });
        if sketch.is_some() {
            break;
        }
    }
    let desk = &mut circle.desks[0];
    desk.heard(link);
    for count in [0, 1, 27, u32::MAX] {
        desk.say(link, Message::GetSymbols { count, request: sketch.unwrap() });
        let heard = desk.heard(link);
        assert!(!heard.iter().any(|message| matches!(message, Message::Sketch { .. })), "{count}");
    }
}

#[test]
fn few_sketches_are_made_out_at_a_time() {
    let mut desk = Desk::person(1);
    fill(&mut desk, 0..300);
    let mut refused = 0;
    for n in 0..40_u8 {
        let way = desk.enters(u64::from(n), &Secret::from_seed(&[n + 100; 32]), None);
        let mut items = Items::default();
        for (state, _) in desk.node.items.iter() {
            items.insert(*state, ());
        }
        offers(&mut desk, way.link, &items, Root([n; 16]));
        let symbols = vec![Symbol::from_bytes(&[n; 11]); 26];
        desk.heard(way.link);
        desk.say(way.link, Message::Sketch { request: 5, root: Root([n; 16]), skip: 0, symbols });
        let code = ErrorCode::TooMuch;
        refused += usize::from(desk.heard(way.link).contains(&Message::Error { about: 5, code }));
    }
    assert_eq!(refused, 40 - RECONCILING);
}

#[cfg(feature = "negentropy")]
#[test]
fn where_a_sketch_does_not_do_negentropy_finds_what_differs() {
    let mut circle = Circle::new(vec![Desk::person(1), Desk::person(2)]);
    fill(&mut circle.desks[0], 0..3_000);
    fill(&mut circle.desks[1], 2..3_003);
    // Two states of one feed hide behind the same short name.
    let feed = Identity::from_bytes([8; 32]);
    for (at, desk) in circle.desks.iter_mut().enumerate() {
        let mut digest = [9; 32];
        digest[31] = u8::try_from(at).unwrap();
        let state = Cid::from_digest(digest);
        desk.node.tracked.insert(feed, feed);
        desk.node.items.insert(state, feed);
        desk.node.summed.insert(feed, state);
    }
    circle.meet(0, 1);
    circle.settle();
    assert!(circle.count(|message| matches!(message, Message::Negentropy { .. })) >= 2);
    let asked = |at: usize| {
        let mut said = circle.said.iter();
        said.any(|(from, message)| match message {
            Message::GetHeads { identities } => *from == at && identities.contains(&feed),
            _ => false,
        })
    };
    assert!(asked(0) && asked(1), "both ask for the one that was hidden");
    assert!(lists(&circle) < 20, "{} feeds on lists", lists(&circle));
}
