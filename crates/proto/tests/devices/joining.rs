//! A browser in which somebody typed their words, and whose account is elsewhere.

use effigy_core::Secret;
use effigy_proto::{Command, Keys, Membership, Refusal};

use crate::people::{ANA, BEN, HUB, People};
use crate::together::HUB as ORIGIN;

fn post(people: &mut People, machine: usize) -> Result<Option<effigy_core::Cid>, Refusal> {
    let text = "too early".to_owned();
    people.asks(machine, |ticket| Command::Publish { pictures: vec![], text, ticket })
}

#[test]
fn the_words_bring_everything_back_from_the_hub() {
    let mut people = People::new();
    let ana = people.synod(ANA);
    let had = people.entries(ANA, ana);
    people.together.crash(ANA, 0);
    let new = people.recover(50);
    assert_eq!(people.membership(new), Some(Membership::Searching));
    people.together.live(5_000);
    assert_eq!(people.membership(new), Some(Membership::Found));
    assert_eq!(people.entries(new, ana), had);
    assert_eq!(people.texts(new, ana), ["second", "first"]);
    assert!(people.is_whole(new), "with the picture");
    // It reads, and says nothing before it belongs to the account.
    assert_eq!(post(&mut people, new), Err(Refusal::NotMember));
    let name = "Eve".to_owned();
    let again = people.asks(new, |ticket| Command::Begin {
        device_name: "laptop".to_owned(),
        name,
        picture: None,
        ticket,
    });
    assert_eq!(again, Err(Refusal::NotMember));
    people.joins(new, None).unwrap();
    assert_eq!(people.membership(new), Some(Membership::Member));
    people.posts(new, "third");
    people.together.live(5_000);
    assert_eq!(people.texts(BEN, ana), ["third", "second", "first"]);
    // Whatever crashes now, the device has its place.
    people.done(new, |ticket| Command::ForgetWords { ticket });
    people.together.machines[new].keys.words = None;
    people.together.crash(new, 0);
    people.together.start(new);
    people.posts(new, "fourth");
    people.together.live(5_000);
    assert_eq!(people.texts(BEN, ana)[0], "fourth");
}

#[test]
fn a_follower_is_enough_where_no_hub_has_anything() {
    let mut people = People::new();
    let ana = people.synod(ANA);
    people.together.crash(ANA, 0);
    people.together.wipe(HUB);
    people.together.start(HUB);
    people.together.live(60_000);
    let new = people.recover(51);
    people.together.live(30_000);
    assert_eq!(people.membership(new), Some(Membership::Found));
    assert_eq!(people.texts(new, ana), ["second", "first"]);
    assert!(people.is_whole(new), "with the picture");
    people.joins(new, None).unwrap();
    people.posts(new, "third");
    people.together.live(5_000);
    assert_eq!(people.texts(BEN, ana), ["third", "second", "first"]);
}

/// R31: where nobody has the account nothing is published in its name.
#[test]
fn nothing_is_published_before_anybody_had_the_account() {
    let mut people = People::new();
    let (ana, held) = (people.synod(ANA), people.entries(BEN, people.synod(ANA)));
    people.together.crash(ANA, 0);
    people.together.crash(BEN, 0);
    people.together.wipe(HUB);
    people.together.start(HUB);
    let new = people.recover(52);
    people.together.live(60_000);
    assert!(people.is_at_hub(new));
    assert_eq!(people.membership(new), Some(Membership::Searching));
    assert_eq!(people.joins(new, None), Err(Refusal::Unknown));
    assert!(post(&mut people, new).is_err());
    assert!(people.entries(new, ana).is_empty());
    // Ben comes back, and with him what he has.
    people.together.start(BEN);
    people.together.live(60_000);
    assert_eq!(people.membership(new), Some(Membership::Found));
    assert_eq!(people.entries(new, ana), held);
}

#[test]
fn a_device_that_another_adds_needs_no_words() {
    let mut people = People::new();
    let ana = people.synod(ANA);
    let new = people.together.add(Keys::for_device([53; 32], ana));
    people.together.live(5_000);
    assert_eq!(people.membership(new), Some(Membership::Found));
    assert_eq!(people.joins(new, None), Err(Refusal::Account), "it has no words");
    // Whoever adds it writes on the account's feed: here the same device with the words.
    people.together.crash(new, 0);
    let adding = people.recover(53);
    assert_eq!(people.device(adding), people.device(new));
    people.together.live(5_000);
    people.joins(adding, None).unwrap();
    people.together.live(5_000);
    people.together.crash(adding, 0);
    people.together.start(new);
    people.together.live(5_000);
    assert_eq!(people.membership(new), Some(Membership::Member));
    people.posts(new, "third");
}

#[test]
fn the_place_of_a_lost_device_is_taken_once_all_of_it_is_here() {
    let mut people = People::new();
    let (ana, old) = (people.synod(ANA), people.device(ANA));
    people.together.crash(ANA, 0);
    let new = people.recover(54);
    people.together.live(5_000);
    let stranger = Secret::from_seed(&[9; 32]).identity();
    assert_eq!(people.joins(new, Some(stranger)), Err(Refusal::Unknown));
    people.joins(new, Some(old)).unwrap();
    people.posts(new, "third");
    people.together.live(5_000);
    assert_eq!(people.texts(BEN, ana), ["third", "second", "first"]);
}

#[test]
fn a_new_device_meets_where_the_account_is_met() {
    let mut people = People::new();
    let elsewhere = "https://elsewhere.example".to_owned();
    let new = people.recover(55);
    people.together.ask(new, |_| Command::AddHub { origin: elsewhere.clone() });
    people.together.live(5_000);
    people.joins(new, None).unwrap();
    people.together.live(5_000);
    let origins = |people: &People, machine| {
        let hubs = people.network(machine).hubs;
        hubs.into_iter().map(|hub| hub.origin).collect::<Vec<_>>()
    };
    // What was never reached is not named, and stays where it was entered.
    assert_eq!(origins(&people, new), [ORIGIN.to_owned(), elsewhere]);
    assert_eq!(origins(&people, ANA), [ORIGIN]);
    // A hub that one device gives up is given up by all: the two have a direct way.
    people.together.ask(ANA, |_| Command::RemoveHub { origin: ORIGIN.to_owned() });
    people.together.live(5_000);
    assert_eq!(origins(&people, ANA), Vec::<String>::new());
    assert_eq!(origins(&people, new), ["https://elsewhere.example"]);
}
