//! Devices in lists: two of one name are told apart, and those that may be lost are found.

use effigy_core::Identity;
use effigy_core::text::clean_name;
use effigy_proto::DeviceStatus;

use crate::browser::clock;

/// What tells a device from the others of its name: of what kind it is, when it was added, and its key where
/// that is not enough. Empty where no other is called so.
pub(crate) fn apart(device: &DeviceStatus, all: &[DeviceStatus]) -> String {
    told(device, all, clock::day)
}

/// Devices that may have lost what they kept, with their names and what tells them apart: none that is there,
/// and none of which nothing is known to have been written, since nothing says then what of it counts. Those
/// of the newcomer's kind come first, then those of its system.
pub(crate) fn lost(
    devices: &[DeviceStatus],
    newcomer: Option<&str>,
) -> Vec<(Identity, String, String)> {
    let is_lost = |device: &&DeviceStatus| !device.is_this && !device.is_here && device.has_written;
    let mut lost: Vec<&DeviceStatus> = devices.iter().filter(is_lost).collect();
    lost.sort_by_key(|device| distance(&clean_name(&device.system), newcomer.unwrap_or_default()));
    let told =
        |device: &DeviceStatus| (device.identity, device.name.clone(), apart(device, devices));
    lost.into_iter().map(told).collect()
}

/// How unlike two kinds of devices are, such as "Firefox on Linux" and "Chrome on Linux".
fn distance(one: &str, other: &str) -> u8 {
    let system = |kind: &str| kind.rsplit(" on ").next().map(str::to_owned);
    match (one == other, system(one) == system(other)) {
        (true, _) => 0,
        (_, true) => 1,
        _ => 2,
    }
}

fn told(device: &DeviceStatus, all: &[DeviceStatus], day: impl Fn(u64) -> String) -> String {
    let is_like =
        |other: &&DeviceStatus| other.name == device.name && other.identity != device.identity;
    let mut alike: Vec<&DeviceStatus> = all.iter().filter(is_like).collect();
    if alike.is_empty() {
        return String::new();
    }
    let mut words = Vec::new();
    if alike.iter().any(|other| other.system != device.system) {
        words.push(clean_name(&device.system));
        alike.retain(|other| other.system == device.system);
    }
    let added = day(device.added.0);
    let is_enough = alike.iter().all(|other| day(other.added.0) != added);
    words.push(format!("added {added}"));
    if !is_enough {
        words.push(format!("key {}", device.identity.short()));
    }
    format!(" ({})", words.join(", "))
}

#[cfg(test)]
mod tests {
    use effigy_core::{Secret, Time};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn device(seed: u8, name: &str, system: &str, added: u64) -> DeviceStatus {
        DeviceStatus {
            added: Time(added),
            has_written: true,
            identity: Secret::from_seed(&[seed; 32]).identity(),
            is_admin: true,
            is_here: false,
            is_this: false,
            name: name.to_owned(),
            seen: Time(added),
            system: system.to_owned(),
        }
    }

    #[test]
    fn what_is_like_the_newcomer_comes_first_and_what_never_wrote_is_left_out() {
        let all = [
            DeviceStatus { is_this: true, ..device(1, "this", "Chrome on Mac", 1) },
            device(2, "phone", "Safari on iPhone", 2),
            DeviceStatus { is_here: true, ..device(3, "here", "Chrome on Mac", 3) },
            DeviceStatus { has_written: false, ..device(4, "new", "Chrome on Mac", 4) },
            device(5, "tablet", "Firefox on Mac", 5),
            device(6, "desk", "Chrome on Mac", 6),
        ];
        let names = |newcomer| {
            let lost = lost(&all, newcomer).into_iter();
            lost.map(|(_, name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(Some("Chrome on Mac")), ["desk", "tablet", "phone"]);
        assert_eq!(names(None), ["phone", "tablet", "desk"]);
    }

    #[test]
    fn only_devices_of_one_name_say_more() {
        let all = [
            device(1, "Laptop", "Firefox on Linux", 1),
            device(2, "Chrome on Linux", "Chrome on Linux", 1),
            device(3, "Chrome on Linux", "Chrome on Linux", 2),
            device(4, "Chrome on Linux", "Firefox on Mac", 2),
            device(5, "Chrome on Linux", "Chrome on Linux", 2),
        ];
        let words: Vec<String> =
            all.iter().map(|device| told(device, &all, |day| format!("day {day}"))).collect();
        let key = |at: usize| all[at].identity.short();
        assert_eq!(
            words,
            [
                String::new(),
                " (Chrome on Linux, added day 1)".to_owned(),
                format!(" (Chrome on Linux, added day 2, key {})", key(2)),
                " (Firefox on Mac, added day 2)".to_owned(),
                format!(" (Chrome on Linux, added day 2, key {})", key(4)),
            ]
        );
    }
}
