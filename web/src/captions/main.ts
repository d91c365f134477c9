import { mount } from 'svelte';
import { startAnewWhenRestored } from '$kit/restored';
import App from './App.svelte';
import './captions.css';

startAnewWhenRestored();
const target = document.getElementById('app');
if (target) mount(App, { target });
