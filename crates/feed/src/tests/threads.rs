//! Threads: every answer at its place, however deep, and the places of those that never came.

use effigy_core::payload::{Comment, Delete, Mute};
use effigy_core::{Cid, Entry, Payload};

use super::chains::signed_again;
use super::{account, add, entry, genesis, note, secret};
use crate::{ReplyState, View};

/// People 20 to 22 with their devices 10 to 12, as 20 sees them.
fn view() -> View {
    let mut view = View::new(secret(20).identity());
    for person in 0..3 {
        let first = account(20 + person, 20 + person, &[], 1, &genesis());
        let device = add(10 + person, 20 + person, vec![effigy_core::payload::Power::Admin]);
        let second = account(20 + person, 20 + person, &[&first], 2, &device);
        view.insert(&first, &genesis());
        view.insert(&second, &device);
    }
    view
}

fn answer(person: u8, now: u64, root: Cid, parent: Cid) -> (Entry, Payload) {
    let comment = Comment { images: Vec::new(), parent, root, text: format!("at {now}") };
    let payload = Payload::Comment(comment);
    (entry(10 + person, 20 + person, &[], now, &payload), payload)
}

fn insert(view: &mut View, said: &(Entry, Payload)) {
    view.insert(&said.0, &said.1);
}

/// A post, an answer of 21 to it, and an answer of 22 to that: their ids.
fn talk() -> (View, Cid, Cid, Cid) {
    let mut view = view();
    let post = (entry(10, 20, &[], 100, &note("a post")), note("a post"));
    let root = post.0.id();
    let first = answer(1, 101, root, root);
    let second = answer(2, 102, root, first.0.id());
    for said in [&post, &first, &second] {
        insert(&mut view, said);
    }
    (view, root, first.0.id(), second.0.id())
}

/// Depth, state and id of all answers.
fn thread(view: &View, root: &Cid) -> Vec<(usize, ReplyState, Cid)> {
    view.replies(root).iter().map(|reply| (reply.depth, reply.state, reply.id)).collect()
}

/// The owner of a key can sign one answer twice: those who know it by either name answered it.
#[test]
fn an_answer_by_two_names_has_all_that_answers_it() {
    use ReplyState::{Here, TakenBack};
    let view = view();
    let post = (entry(10, 20, &[], 100, &note("a post")), note("a post"));
    let root = post.0.id();
    let twice = answer(1, 101, root, root);
    let again = signed_again(&twice.0, 7);
    let names = [twice.0.id(), again.id()];
    let [one, other] = [(2, 102, names[0]), (0, 103, names[1])]
        .map(|(person, now, parent)| answer(person, now, root, parent));
    let said = [&post, &twice, &(again, twice.1.clone()), &one, &other];
    for turn in 0..said.len() {
        let mut view = view.clone();
        said.iter().cycle().skip(turn).take(said.len()).for_each(|said| insert(&mut view, said));
        let id = names[0].min(names[1]);
        let below = [(1, Here, one.0.id()), (1, Here, other.0.id())];
        assert_eq!(thread(&view, &root), [vec![(0, Here, id)], below.to_vec()].concat());
        for name in names {
            assert_eq!(view.reply_count(&name), 2, "by whichever name one asks");
        }
        // Taken back by one name it is taken back.
        let payload = Payload::Delete(Delete { target: names[turn % 2] });
        view.insert(&entry(11, 21, &[], 200, &payload), &payload);
        assert_eq!(thread(&view, &root)[0], (0, TakenBack, id));
    }
}

#[test]
fn what_is_missing_has_a_place_until_it_comes() {
    use ReplyState::{Here, Missing};
    let mut view = view();
    let post = (entry(10, 20, &[], 100, &note("a post")), note("a post"));
    let root = post.0.id();
    let early = answer(1, 101, root, root);
    let gap = answer(1, 102, root, root);
    let late = answer(1, 105, root, root);
    let (one, other) = (answer(2, 103, root, gap.0.id()), answer(0, 104, root, gap.0.id()));
    for said in [&post, &late, &other, &one, &early] {
        insert(&mut view, said);
    }
    let [early_id, gap_id, late_id, one_id, other_id] =
        [&early, &gap, &late, &one, &other].map(|said| said.0.id());
    let expected = |state| {
        vec![
            (0, Here, early_id),
            (0, state, gap_id),
            (1, Here, one_id),
            (1, Here, other_id),
            (0, Here, late_id),
        ]
    };
    assert_eq!(thread(&view, &root), expected(Missing));
    assert_eq!(view.reply_count(&root), 4, "what is missing is not counted as here");
    insert(&mut view, &gap);
    assert_eq!(thread(&view, &root), expected(Here));
}

#[test]
fn what_was_taken_back_keeps_its_place_while_it_is_answered() {
    use ReplyState::{Here, TakenBack};
    let (mut view, root, first, second) = talk();
    let delete = |person: u8, target| {
        let payload = Payload::Delete(Delete { target });
        (entry(10 + person, 20 + person, &[], 200, &payload), payload)
    };
    insert(&mut view, &delete(1, first));
    let expected = vec![(0, TakenBack, first), (1, Here, second)];
    assert_eq!(thread(&view, &root), expected);
    insert(&mut view, &delete(2, second));
    assert_eq!(thread(&view, &root), [], "nothing hangs from it any more");
}

#[test]
fn somebody_unwanted_is_not_missing() {
    let (mut view, root, ..) = talk();
    let mute = Payload::Mute(Mute { on: true, synod: secret(21).identity() });
    let muted = entry(10, 20, &[], 300, &mute);
    view.insert(&muted, &mute);
    assert_eq!(thread(&view, &root), [], "who is muted takes along what answers them");
    view.forget(&secret(21).identity());
    assert_eq!(thread(&view, &root), [], "who was dropped is not looked for");
}

#[test]
fn a_long_talk_is_shown_to_its_end() {
    const LONG: u64 = 2_000;
    let mut view = view();
    let post = (entry(10, 20, &[], 100, &note("a post")), note("a post"));
    insert(&mut view, &post);
    let root = post.0.id();
    let mut parent = root;
    for turn in 0..LONG {
        let said = answer((turn % 3) as u8, 101 + turn, root, parent);
        insert(&mut view, &said);
        parent = said.0.id();
    }
    let found = thread(&view, &root);
    assert_eq!(found.len() as u64, LONG);
    assert!(found.iter().enumerate().all(|(at, (depth, ..))| at == *depth));
}
