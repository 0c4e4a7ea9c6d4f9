//! The data folder: one hub at a time, and the key by which that hub is known.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use data_encoding::HEXLOWER;
use effigy_core::identity::Secret;
use effigy_proto::Keys;
use tokio::time::Instant;
use zeroize::Zeroizing;

const LOCK: &str = "hub.lock";
const KEY: &str = "hub.key";
const STORE: &str = "hub.redb";
/// In front of everything secret that a hub has.
const KEY_TITLE: &str = "effigy hub keys 2: ";
/// In front of the signing key alone, as the first hubs kept it.
const OLD_KEY_TITLE: &str = "effigy hub key 1: ";
const KEY_BYTES: usize = 32;
/// A key file is never longer.
const KEY_FILE_BYTES: u64 = 4096;
/// Health is asked often; the disk is asked at most this often.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// A folder that belongs to this process until it ends, however it ends.
#[derive(Debug)]
pub(crate) struct DataFolder {
    is_writable: Mutex<Option<(Instant, bool)>>,
    /// The system gives the lock back when the process dies, so `kill -9` leaves nothing to clean.
    _lock: File,
    path: PathBuf,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    /// Another process holds the folder.
    #[error(
        "another hub{} uses the data folder {}; stop it first, or give this one its own --data",
        holder.map_or_else(String::new, |pid| format!(" (process {pid})")), path.display()
    )]
    InUse {
        /// Its process number, where it wrote one.
        holder: Option<u32>,
        /// The folder.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key file is not one. It is never replaced: a new key would be another hub.
    #[error("{} is not a hub's key; restore it from a backup, or move it away to become a new hub", path.display())]
    KeyDamaged {
        /// The key file.
        path: PathBuf,
    },
    /// Others on this machine can read the key.
    #[error("{} can be read by others (mode {mode:03o}); run: chmod 600 {}", path.display(), path.display())]
    KeyExposed {
        /// The key file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
}

impl DataFolder {
    /// Makes the folder where it is missing and takes it for this process.
    ///
    /// # Errors
    /// [`DataError::InUse`] when another hub has it, [`DataError::Io`] when the system refuses.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(path).map_err(io("make", path))?;
        let lock_path = path.join(LOCK);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut lock = options.open(&lock_path).map_err(io("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = (&lock).take(16).read_to_string(&mut text).ok();
                let holder = holder.and_then(|_| text.trim().parse().ok());
                return Err(DataError::InUse { holder, path: path.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(io("lock", &lock_path)(source)),
        }
        // The number is a courtesy to whoever meets the lock; the lock itself is the system's.
        let _ = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
        Ok(Self { is_writable: Mutex::default(), _lock: lock, path: path.to_owned() })
    }

    /// The hub's keys, made and made durable when there are none yet.
    ///
    /// # Errors
    /// When they are damaged, readable by others, or the system refuses.
    pub(crate) fn keys(&self) -> Result<Keys, DataError> {
        let path = self.path.join(KEY);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let keys = Keys::for_hub(*chance(&path)?);
                self.keep(&keys, &path)?;
                return Ok(keys);
            }
            Err(error) => return Err(io("open", &path)(error)),
        };
        let text = read_text(&path, file)?;
        let damaged = || DataError::KeyDamaged { path: path.clone() };
        if let Some(hex) = text.trim_end().strip_prefix(OLD_KEY_TITLE) {
            let keys = Keys {
                device: old_key(hex).ok_or_else(damaged)?,
                ..Keys::for_hub(*chance(&path)?)
            };
            self.keep(&keys, &path)?;
            return Ok(keys);
        }
        let rest = text.trim_end().strip_prefix(KEY_TITLE).ok_or_else(damaged)?;
        Keys::from_bytes(rest.as_bytes()).map_err(|_| damaged())
    }

    /// Where the store is.
    pub(crate) fn store(&self) -> PathBuf {
        self.path.join(STORE)
    }

    /// Whether the disk still takes writes; the answer is a few seconds old at most.
    pub(crate) fn is_writable(&self, now: Instant) -> bool {
        let mut last = self.is_writable.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((asked, answer)) = *last
            && now.saturating_duration_since(asked) < PROBE_EVERY
        {
            return answer;
        }
        let path = self.path.join("probe");
        let answer = fs::write(&path, b"probe").and_then(|()| fs::remove_file(&path)).is_ok();
        *last = Some((now, answer));
        answer
    }

    /// Written aside, synced and renamed: a crash leaves the whole file or what was there before.
    fn keep(&self, keys: &Keys, path: &Path) -> Result<(), DataError> {
        let aside = self.path.join("hub.key.new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let write = || -> io::Result<()> {
            let mut file = options.open(&aside)?;
            file.write_all(KEY_TITLE.as_bytes())?;
            file.write_all(&keys.to_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&aside, path)?;
            File::open(&self.path)?.sync_all()
        };
        write().map_err(io("write", path))
    }
}

fn chance(path: &Path) -> Result<Zeroizing<[u8; KEY_BYTES]>, DataError> {
    let mut seed = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(seed.as_mut_slice())
        .map_err(|error| io("draw random numbers for", path)(io::Error::other(error)))?;
    Ok(seed)
}

fn read_text(path: &Path, file: File) -> Result<Zeroizing<String>, DataError> {
    let mode = file.metadata().map_err(io("read", path))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(DataError::KeyExposed { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(KEY_FILE_BYTES)
        .read_to_string(&mut text)
        .map_err(|_| DataError::KeyDamaged { path: path.to_owned() })?;
    Ok(text)
}

fn old_key(hex: &str) -> Option<Secret> {
    let bytes = Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).ok()?);
    let seed = Zeroizing::new(<[u8; KEY_BYTES]>::try_from(bytes.as_slice()).ok()?);
    Some(Secret::from_seed(&seed))
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DataError {
    move |source| DataError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_the_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/data");
        let first = DataFolder::open(&path).unwrap();
        let keys = first.keys().unwrap();
        assert_eq!(fs::metadata(path.join(KEY)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        drop(first);
        let again = DataFolder::open(&path).unwrap().keys().unwrap();
        assert_eq!(keys.device, again.device);
        assert_eq!(*keys.sealing.bytes(), *again.sealing.bytes());
        assert_ne!(keys.device, Secret::from_seed(&[0; KEY_BYTES]));
    }

    #[test]
    fn a_key_of_the_first_hubs_stays_the_same_hub() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let path = folder.path().join(KEY);
        fs::write(&path, format!("{OLD_KEY_TITLE}{}\n", "07".repeat(KEY_BYTES))).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let keys = data.keys().unwrap();
        assert_eq!(keys.device, Secret::from_seed(&[7; KEY_BYTES]));
        assert!(fs::read_to_string(&path).unwrap().starts_with(KEY_TITLE));
        assert_eq!(*data.keys().unwrap().sealing.bytes(), *keys.sealing.bytes());
    }

    #[test]
    fn a_folder_belongs_to_one_hub_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolder::open(folder.path()).unwrap();
        let error = DataFolder::open(folder.path()).unwrap_err();
        let own = std::process::id();
        assert!(matches!(error, DataError::InUse { holder: Some(pid), .. } if pid == own));
        assert!(error.to_string().starts_with(&format!("another hub (process {own}) uses")));
        drop(first);
        DataFolder::open(folder.path()).unwrap();
    }

    #[test]
    fn a_damaged_or_exposed_key_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        data.keys().unwrap();
        let path = folder.path().join(KEY);
        let good = fs::read(&path).unwrap();
        for bad in [
            &b""[..],
            b"effigy hub key 1: 00\n",
            b"effigy hub keys 2: {}\n",
            b"\xff\xfe",
            &good[..good.len() - 3],
        ] {
            fs::write(&path, bad).unwrap();
            assert!(matches!(data.keys().unwrap_err(), DataError::KeyDamaged { .. }));
            assert_eq!(fs::read(&path).unwrap(), bad);
        }
        fs::write(&path, &good).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = data.keys().unwrap_err();
        assert!(matches!(error, DataError::KeyExposed { mode: 0o644, .. }));
        assert!(error.to_string().contains("chmod 600"));
    }

    #[test]
    fn a_lost_disk_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(&folder.path().join("data")).unwrap();
        let now = Instant::now();
        assert!(data.is_writable(now));
        fs::remove_dir_all(folder.path().join("data")).unwrap();
        assert!(data.is_writable(now), "asked too often");
        assert!(!data.is_writable(now + PROBE_EVERY));
    }
}
