//! Whether a store can be written to, which leaves no trace.

use serde_json::json;

use crate::Place;
use crate::workbench::{Workbench, define, step};

pub async fn a_store_that_can_be_written_to_says_so_and_keeps_nothing_of_it(place: &dyn Place) {
    let store = place.open().await;
    for writes in [false, true] {
        assert!(
            store.probe(writes).await.unwrap(),
            "of an empty store, {writes}"
        );
    }
    let mut bench = Workbench::started(1, define("Probed", &[step("a", &[])]));
    bench.write(store.as_ref()).await;
    let numbers = store.last_numbers().await.unwrap();
    for writes in [true, false, true] {
        assert!(store.probe(writes).await.unwrap(), "{writes}");
        bench.assert_kept(store.as_ref()).await;
        assert_eq!(store.last_numbers().await.unwrap(), numbers);
        assert_eq!(store.setting("probe").await.unwrap(), None);
    }
    // What comes after it is written as ever.
    bench.succeed(0, json!(1));
    bench.write(store.as_ref()).await;
    drop(store);
    bench.assert_kept(place.open().await.as_ref()).await;
}
