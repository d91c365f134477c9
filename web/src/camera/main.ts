import { mount } from 'svelte';
import { startAnewWhenRestored } from '$kit/restored';
import App from './App.svelte';
import './camera.css';

startAnewWhenRestored();
// Another link opened in the same tab is another camera.
addEventListener('hashchange', () => location.reload());
const target = document.getElementById('app');
if (target) mount(App, { target });
