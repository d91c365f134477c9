/** Places of the schoolhouses in a 1366 by 768 valley: x, y, scale. Ours is the first. */
export const HOUSES: readonly (readonly [number, number, number])[] = [
  [1004, 541.5, 0.94],
  [104, 575.4, 1.16],
  [536, 572.4, 0.94],
  [788, 623.1, 1.16],
  [320, 557.6, 0.94],
  [1184, 484.9, 0.72],
  [428, 598.4, 1.16],
  [140, 472, 0.72],
  [1256, 584.4, 1.16],
  [644, 555.1, 0.94],
  [860, 527.9, 0.72],
  [1040, 614.6, 1.16],
];

export const HILLS: readonly (readonly [string, string])[] = [
  [
    '#2A544B',
    'M-40 768V447Q-40 447 -4 458Q32 469 68 469Q104 469 140 469Q176 469 212 477Q248 486 284 489Q320 493 356 485Q392 477 428 474Q464 470 500 485Q536 500 572 517Q608 534 644 536Q680 538 716 532Q752 526 788 525Q824 524 860 520Q896 516 932 500Q968 483 1004 468Q1040 452 1076 455Q1112 458 1148 469Q1184 480 1220 480Q1256 479 1292 471Q1328 462 1364 462Q1400 461 1418 463L1436 465V768z',
  ],
  [
    '#214840',
    'M-40 768V528Q-40 528 -4 531Q32 534 68 539Q104 544 140 542Q176 540 212 537Q248 533 284 542Q320 551 356 566Q392 580 428 583Q464 585 500 576Q536 566 572 558Q608 551 644 548Q680 545 716 537Q752 528 788 516Q824 505 860 505Q896 506 932 517Q968 528 1004 531Q1040 535 1076 527Q1112 520 1148 515Q1184 510 1220 514Q1256 518 1292 521Q1328 523 1364 521Q1400 520 1418 521L1436 523V768z',
  ],
  [
    '#193A34',
    'M-40 768V562Q-40 562 -4 559Q32 556 68 561Q104 567 140 570Q176 572 212 571Q248 570 284 574Q320 577 356 583Q392 589 428 588Q464 586 500 580Q536 573 572 575Q608 577 644 588Q680 599 716 607Q752 614 788 614Q824 614 860 614Q896 614 932 615Q968 617 1004 612Q1040 606 1076 594Q1112 581 1148 574Q1184 568 1220 572Q1256 576 1292 580Q1328 584 1364 581Q1400 578 1418 575L1436 573V768z',
  ],
  [
    '#0E211D',
    'M-40 768V627Q-40 627 -4 631Q32 634 68 637Q104 640 140 640Q176 640 212 640Q248 641 284 645Q320 649 356 649Q392 650 428 646Q464 643 500 642Q536 641 572 647Q608 653 644 660Q680 666 716 666Q752 667 788 666Q824 664 860 665Q896 666 932 664Q968 662 1004 655Q1040 648 1076 642Q1112 636 1148 637Q1184 639 1220 643Q1256 646 1292 646Q1328 645 1364 642Q1400 639 1418 639L1436 638V768z',
  ],
];

export interface House {
  transform: string;
  isLit: boolean;
  isOurs: boolean;
}

/**
 * One house for each room, ours among the lit ones when `isHere`. More rooms than places: every
 * place stands for several, and none is dark while all are lit or lit while all are dark.
 */
export function housesOf(on: number, all: number, isHere: boolean): House[] {
  const shown = Math.min(all, HOUSES.length);
  const share = all > HOUSES.length ? (on / all) * HOUSES.length : on;
  const lit = Math.min(shown, on > 0 ? Math.max(1, Math.floor(share)) : 0);
  return HOUSES.slice(0, shown).map(([x, y, scale], place) => ({
    transform: `translate(${x} ${y}) scale(${scale})`,
    isLit: isHere ? place < lit : place > 0 && place <= lit,
    isOurs: place === 0,
  }));
}

/** Stars that stand still and are the same every time. */
export const STARS: readonly (readonly [number, number, number])[] = Array.from(
  { length: 36 },
  (_, n) => [(n * 521) % 1366, (n * n * 37 + n * 11) % 290, (n % 4) * 0.11 + 0.18],
);
