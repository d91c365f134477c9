from streamsvc.demo import DemoLogin, DemoRoom, box, framed


def test_the_frame_is_straight_with_chinese_names() -> None:
    rows = framed(["a", "大坪教学点", ""]).splitlines()
    columns = [sum(2 if ord(c) > 0x2E80 else 1 for c in row) for row in rows]
    assert len(set(columns)) == 1


def test_the_box_names_every_room_and_login() -> None:
    text = box(
        "http://localhost:8080",
        ["http://192.0.2.7:8080"],
        [DemoRoom("大坪教学点", "http://localhost:8080/join?code=123456")],
        [DemoLogin("lead teacher", "lin", "secret-1")],
    )
    for words in ("/join?code=123456", "lin / secret-1", "http://192.0.2.7:8080", "/login"):
        assert words in text
