//! A device that another one of the account lets in, at a hub that runs.

use effigy_core::Identity;
use effigy_proto::{
    Command, Event, Keys, LinkCommand, Linked, Linking, Membership, Refusal, Shown,
};

use crate::people::{ANA, BEN, HUB, People};
use crate::together::HUB as ORIGIN;

fn ask(people: &mut People, machine: usize, command: LinkCommand) {
    people.together.ask(machine, |_| Command::Link(command));
    people.together.live(1_000);
}

fn stage(people: &People, machine: usize) -> Linking {
    let told =
        people.together.machines[machine].events.iter().rev().find_map(|event| match event {
            Event::Linking(linking) => Some(linking.clone()),
            _ => None,
        });
    told.unwrap()
}

/// Links a machine without an account to Ana's. It shows its code, or takes hers.
fn link(people: &mut People, new: usize, shows: bool, full: bool) {
    link_in_place_of(people, new, shows, full, None);
}

/// The same, in the place of another device.
fn link_in_place_of(
    people: &mut People,
    new: usize,
    shows: bool,
    full: bool,
    replaces: Option<Identity>,
) {
    people.together.live(1_000);
    let (shower, taker) = if shows { (new, ANA) } else { (ANA, new) };
    let (hub, name) = (ORIGIN.to_owned(), "laptop".to_owned());
    ask(people, shower, LinkCommand::Show { hub, name: name.clone() });
    let Linking::Showing { offer, .. } = stage(people, shower) else { panic!("no offer") };
    ask(people, taker, LinkCommand::Claim { name, shown: Shown::Offer(offer) });
    let Linking::Verifying { number: Some(number), .. } = stage(people, new) else {
        panic!("{:?}", stage(people, new))
    };
    ask(people, new, LinkCommand::Confirm);
    let number = number.parse().unwrap();
    ask(people, ANA, LinkCommand::Approve { full, number, replaces });
    let Linking::Done(Linked::Joined { hubs, synod, .. }) = stage(people, new) else {
        panic!("{:?}", stage(people, new))
    };
    assert_eq!((hubs, synod), (vec![ORIGIN.to_owned()], people.synod(ANA)));
    // As the app does: the keys are kept with the account, and the device begins anew.
    people.together.crash(new, 0);
    let machine = &mut people.together.machines[new];
    machine.keys = Keys { joining: true, synod: Some(synod), ..machine.keys.clone() };
    people.together.start(new);
    people.together.live(5_000);
}

#[test]
fn a_linked_device_has_everything_and_two_that_were_apart_are_one_person() {
    for shows in [true, false] {
        let mut people = People::new();
        let ana = people.synod(ANA);
        let new = people.together.add(Keys::for_newcomer([60; 32]));
        link(&mut people, new, shows, true);
        assert_eq!(people.membership(new), Some(Membership::Member));
        assert_eq!(people.texts(new, ana), ["second", "first"]);
        assert!(people.is_whole(new), "with the picture");
        // Both post where nobody hears them, and are never there at the same time.
        people.together.crash(HUB, usize::MAX);
        people.together.crash(new, usize::MAX);
        people.posts(ANA, "on the phone");
        people.together.live(60_000);
        people.together.crash(ANA, usize::MAX);
        people.together.start(new);
        people.posts(new, "on the laptop");
        people.together.start(HUB);
        people.together.live(90_000);
        people.together.crash(new, usize::MAX);
        people.together.start(ANA);
        people.together.live(90_000);
        let all = ["on the laptop", "on the phone", "second", "first"];
        for machine in [ANA, BEN] {
            assert_eq!(people.texts(machine, ana), all, "at {machine}");
            assert!(people.network(machine).feeds.iter().all(|feed| feed.fork.is_none()));
        }
        people.together.start(new);
        people.together.live(90_000);
        assert_eq!(people.texts(new, ana), all);
        assert_eq!(people.entries(new, ana), people.entries(BEN, ana));
    }
}

/// A device that lost what it kept comes back into its place: the list does not grow, what it wrote counts,
/// and nobody sees two versions of it.
#[test]
fn a_device_that_lost_everything_comes_back_into_its_place() {
    let mut people = People::new();
    let ana = people.synod(ANA);
    let new = people.together.add(Keys::for_newcomer([62; 32]));
    link(&mut people, new, true, true);
    people.posts(new, "from the laptop");
    people.together.live(5_000);
    let lost = people.together.machines[new].keys.device.identity();
    people.together.crash(new, usize::MAX);
    let again = people.together.add(Keys::for_newcomer([63; 32]));
    link_in_place_of(&mut people, again, true, true, Some(lost));
    assert_eq!(people.membership(again), Some(Membership::Member));
    people.posts(again, "it is back");
    people.together.live(5_000);
    for machine in [ANA, BEN, again] {
        let all = ["it is back", "from the laptop", "second", "first"];
        assert_eq!(people.texts(machine, ana), all, "at {machine}");
    }
    let devices = people.network(ANA).devices;
    assert_eq!(devices.len(), 2, "{devices:?}");
    assert!(devices.iter().all(|device| device.identity != lost));
}

#[test]
fn a_device_that_may_only_post_posts_and_lets_nobody_in() {
    let mut people = People::new();
    let ana = people.synod(ANA);
    let new = people.together.add(Keys::for_newcomer([61; 32]));
    link(&mut people, new, true, false);
    people.posts(new, "third");
    people.together.live(5_000);
    assert_eq!(people.texts(BEN, ana), ["third", "second", "first"]);
    let edited = people.asks(new, |ticket| Command::EditProfile {
        about: String::new(),
        name: "Eve".to_owned(),
        picture: effigy_proto::PictureChange::Keep,
        ticket,
    });
    assert_eq!(edited, Err(Refusal::Power));
    ask(&mut people, new, LinkCommand::Show { hub: ORIGIN.to_owned(), name: String::new() });
    let refused = Linking::Failed(effigy_proto::LinkFailure::NotAllowed);
    assert_eq!(stage(&people, new), refused);
}
