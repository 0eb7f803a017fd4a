//! The features of an id: those of the feature table, or what it answered before, for as long as the config allows.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant as Monotonic},
};

use tokio::sync::OnceCell;
use tracing::{error, info};

use crate::{
    config::FeatureCacheOptions,
    fault::{Fault, Result},
    source::{FeatureLookup, FoundFeatures},
};

/// What an entry of the cache takes besides its text, in bytes.
const ENTRY: usize = 256;

/// The feature table, and what is remembered of it.
#[derive(Debug)]
pub(super) struct FeatureStore {
    pub lookup: FeatureLookup,
    cache: Option<FeatureCache>,
    /// Number of ids for which the table was asked, and for which it was not.
    pub asked: AtomicU64,
    pub remembered: AtomicU64,
    /// Whether the last attempt to ask failed.
    is_away: AtomicBool,
}

/// The features of an id.
#[derive(Debug, Clone)]
pub(super) struct KnownFeatures {
    pub found: Arc<FoundFeatures>,
    /// Before the table was asked.
    at: Monotonic,
}

/// An answer that several requests for one id wait for.
type SharedAnswer = Arc<OnceCell<Result<KnownFeatures>>>;

#[derive(Debug)]
struct FeatureCache {
    max_bytes: usize,
    age: Duration,
    rows: Mutex<RememberedRows>,
    /// Ids for which the table is being asked.
    pending: Mutex<HashMap<Arc<str>, SharedAnswer>>,
}

/// Rows in the order in which they grow old.
#[derive(Debug, Default)]
struct RememberedRows {
    by_id: HashMap<Arc<str>, KnownFeatures>,
    order: VecDeque<(Arc<str>, Monotonic)>,
    bytes: usize,
}

impl FeatureStore {
    pub(super) fn new(lookup: FeatureLookup, cache: Option<&FeatureCacheOptions>) -> Self {
        let cache = cache.map(|options| FeatureCache {
            max_bytes: usize::try_from(options.max_mib).unwrap_or(usize::MAX).saturating_mul(1 << 20),
            age: Duration::from_micros(u64::try_from(options.age.microseconds()).unwrap_or(0)),
            rows: Mutex::default(),
            pending: Mutex::default(),
        });
        Self {
            lookup,
            cache,
            asked: AtomicU64::default(),
            remembered: AtomicU64::default(),
            is_away: AtomicBool::default(),
        }
    }

    /// The features of an id, and how old they are.
    pub(super) async fn find(&self, id: &str) -> Result<(Arc<FoundFeatures>, Duration)> {
        let Some(cache) = &self.cache else {
            let known = self.ask(id).await?;
            // A table is asked now; files were read before.
            return Ok((known.found, self.lookup.age()));
        };
        if let Some((known, age)) = cache.get(id) {
            self.remembered.fetch_add(1, Ordering::Relaxed);
            return Ok((known.found, age));
        }
        let known = cache.share(id, || self.ask(id)).await?;
        Ok((known.found, known.at.elapsed()))
    }

    async fn ask(&self, id: &str) -> Result<KnownFeatures> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let at = Monotonic::now();
        let found = self.lookup.find(id).await;
        // Every request fails while the database is away: only changes are logged.
        match &found {
            Err(fault) if !self.is_away.swap(true, Ordering::Relaxed) => {
                error!("{fault}; requests by id are refused until the feature table can be read");
            }
            Ok(_) if self.is_away.swap(false, Ordering::Relaxed) => info!("the feature table can be read again"),
            Err(_) | Ok(_) => {}
        }
        Ok(KnownFeatures { found: Arc::new(found?), at })
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FeatureCache {
    /// What is remembered of an id, and how old it is, unless it is too old.
    fn get(&self, id: &str) -> Option<(KnownFeatures, Duration)> {
        let known = locked(&self.rows).by_id.get(id).cloned()?;
        let age = known.at.elapsed();
        (age < self.age).then_some((known, age))
    }

    /// Asks for an id, or waits for the answer if another request asks already.
    async fn share<F: Future<Output = Result<KnownFeatures>>>(
        &self,
        id: &str,
        ask: impl FnOnce() -> F,
    ) -> Result<KnownFeatures> {
        let pending = PendingAnswer::new(&self.pending, id);
        let answer = pending.answer.get_or_init(|| async {
            // Another request may just have had its answer.
            if let Some((known, _)) = self.get(id) {
                return Ok(known);
            }
            let known = ask().await?;
            locked(&self.rows).put(&pending.id, &known, self.age, self.max_bytes);
            Ok(known)
        });
        answer.await.clone()
    }
}

/// Waits for the answer about an id; the last one to wait removes it.
struct PendingAnswer<'c> {
    all: &'c Mutex<HashMap<Arc<str>, SharedAnswer>>,
    id: Arc<str>,
    answer: SharedAnswer,
}

impl<'c> PendingAnswer<'c> {
    fn new(all: &'c Mutex<HashMap<Arc<str>, SharedAnswer>>, id: &str) -> Self {
        let id: Arc<str> = Arc::from(id);
        // An answer that has arrived was asked for before this request: its features may be too old.
        let answer = {
            let mut pending = locked(all);
            let own = pending.entry(Arc::clone(&id)).or_default();
            if own.initialized() {
                *own = SharedAnswer::default();
            }
            Arc::clone(own)
        };
        Self { all, id, answer }
    }
}

impl Drop for PendingAnswer<'_> {
    fn drop(&mut self) {
        let mut pending = locked(self.all);
        // Held by the map and by this.
        let is_last =
            pending.get(&self.id).is_some_and(|own| Arc::ptr_eq(own, &self.answer) && Arc::strong_count(own) <= 2);
        if is_last {
            pending.remove(&self.id);
        }
    }
}

impl RememberedRows {
    /// Remembers the row of an id; that there is none, or that there are several, may change at any time.
    fn put(&mut self, id: &Arc<str>, known: &KnownFeatures, age: Duration, max_bytes: usize) {
        if matches!(*known.found, FoundFeatures::Row(_)) {
            self.bytes += size(id, known);
            if let Some(former) = self.by_id.insert(Arc::clone(id), known.clone()) {
                self.bytes = self.bytes.saturating_sub(size(id, &former));
            }
            self.order.push_back((Arc::clone(id), known.at));
        }
        while let Some((oldest, at)) = self.order.front() {
            if self.bytes <= max_bytes && at.elapsed() < age {
                break;
            }
            if self.by_id.get(oldest).is_some_and(|known| known.at == *at)
                && let Some(removed) = self.by_id.remove(oldest)
            {
                self.bytes = self.bytes.saturating_sub(size(oldest, &removed));
            }
            self.order.pop_front();
        }
    }
}

fn size(id: &str, known: &KnownFeatures) -> usize {
    let row = if let FoundFeatures::Row(row) = &*known.found { row.len() } else { 0 };
    row + 2 * id.len() + ENTRY
}

/// Opens the cache, if one is configured; fails if it would have no effect.
pub(super) fn open_store(
    lookup: Option<FeatureLookup>,
    cache: Option<&FeatureCacheOptions>,
) -> Result<Option<FeatureStore>> {
    if cache.is_some() && lookup.as_ref().is_none_or(FeatureLookup::is_in_memory) {
        return Err(Fault::setup(
            "serve.feature_cache: there is no feature table of PostgreSQL to remember; set `features`, or remove the cache",
        ));
    }
    Ok(lookup.map(|lookup| FeatureStore::new(lookup, cache)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> KnownFeatures {
        KnownFeatures { found: Arc::new(FoundFeatures::Row(text.to_owned())), at: Monotonic::now() }
    }

    fn cache(age: Duration, max_bytes: usize) -> FeatureCache {
        FeatureCache { max_bytes, age, rows: Mutex::default(), pending: Mutex::default() }
    }

    fn block<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn nothing_is_older_than_the_age() {
        let cache = cache(Duration::from_mins(1), 1 << 20);
        let mut old = known("{}");
        old.at = Monotonic::now().checked_sub(Duration::from_secs(61)).unwrap();
        block(async {
            cache.share("a", async || Ok(old)).await.unwrap();
            assert!(cache.get("a").is_none());
            assert!(locked(&cache.rows).by_id.is_empty(), "what is too old is not kept");
            cache.share("a", async || Ok(known("{}"))).await.unwrap();
            assert!(cache.get("a").is_some() && cache.get("b").is_none());
        });
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let cache = cache(Duration::from_mins(1), 10_000);
        block(async {
            for number in 0..1_000 {
                let id = format!("id{number}");
                cache.share(&id, async || Ok(known(&"x".repeat(500)))).await.unwrap();
                cache.share(&id, async || Ok(known(&"x".repeat(500)))).await.unwrap();
                let rows = locked(&cache.rows);
                assert!(rows.bytes <= 10_000 && rows.by_id.len() <= 14 && rows.order.len() <= 30);
            }
            let large = "x".repeat(20_000);
            assert_eq!(
                *cache.share("large", async || Ok(known(&large))).await.unwrap().found,
                FoundFeatures::Row(large.clone())
            );
        });
        assert!(cache.get("large").is_none() && locked(&cache.rows).bytes == 0);
        assert!(locked(&cache.pending).is_empty());
    }

    #[test]
    fn requests_for_one_id_share_an_answer_and_its_failure_is_not_kept() {
        let cache = Arc::new(cache(Duration::from_mins(1), 1 << 20));
        let asked = Arc::new(AtomicU64::new(0));
        let ask = |fails: bool| {
            let (cache, asked) = (Arc::clone(&cache), Arc::clone(&asked));
            async move {
                let answer = cache.share("a", async || {
                    asked.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    if fails { Err(Fault::retry("away")) } else { Ok(known("{\"x\":1}")) }
                });
                answer.await.is_ok()
            }
        };
        block(async {
            let all: Vec<_> = (0..50).map(|_| ask(true)).collect();
            let mut tasks = tokio::task::JoinSet::from_iter(all);
            while let Some(is_ok) = tasks.join_next().await {
                assert!(!is_ok.unwrap());
            }
            assert_eq!(asked.swap(0, Ordering::SeqCst), 1);
            assert!(locked(&cache.pending).is_empty() && cache.get("a").is_none());
            // A client that leaves does not take the answer of the others with it.
            let mut first = Box::pin(ask(false));
            let _ = tokio::time::timeout(Duration::from_millis(1), &mut first).await;
            let second = tokio::spawn(ask(false));
            tokio::task::yield_now().await;
            drop(first);
            assert!(second.await.unwrap());
        });
        assert!(locked(&cache.pending).is_empty() && cache.get("a").is_some());
    }

    #[test]
    fn an_absent_row_is_not_remembered() {
        let cache = cache(Duration::from_mins(1), 1 << 20);
        for found in [FoundFeatures::Absent, FoundFeatures::Several] {
            let known = KnownFeatures { found: Arc::new(found), at: Monotonic::now() };
            block(async { cache.share("a", async || Ok(known)).await.unwrap() });
            assert!(cache.get("a").is_none());
        }
    }
}
