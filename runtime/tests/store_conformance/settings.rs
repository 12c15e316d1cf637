//! A few values by name.

use crate::Place;

pub async fn a_setting_keeps_the_last_value(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.setting("colour").await.unwrap(), None);
    store.set_setting("colour", "blue").await.unwrap();
    store.set_setting("other", "").await.unwrap();
    store
        .set_setting("colour", "größer 'als' {\"json\"}")
        .await
        .unwrap();
    drop(store);

    let store = place.open().await;
    let colour = store.setting("colour").await.unwrap();
    assert_eq!(colour.as_deref(), Some("größer 'als' {\"json\"}"));
    assert_eq!(store.setting("other").await.unwrap().as_deref(), Some(""));
}
